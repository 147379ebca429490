import { once } from "node:events"
import { connect, type Socket } from "node:net"

import { fromHex, type Bytes } from "@starling/kernel"

/** What answers commands: a card, or what stands before one. */
export interface CommandSink {
  process(command: Uint8Array): Promise<Bytes>
  leaveField(): void
}

/** What PC/SC makes up for an ISO-DEP card without historical bytes. */
const ANSWER_TO_RESET = fromHex("3B80800101") ?? new Uint8Array()
/** The virtual reader's own messages have one byte. */
const POWER_OFF = 0
const RESET = 2
const GET_ANSWER_TO_RESET = 4
const LENGTH_BYTES = 2

/** A card in a slot of vsmartcard's virtual reader: to PC/SC it is a real one. */
export class VirtualCard implements AsyncDisposable {
  readonly #socket: Socket
  readonly #sink: CommandSink
  #buffer = Buffer.alloc(0)
  #turn: Promise<void> = Promise.resolve()

  private constructor(socket: Socket, sink: CommandSink) {
    this.#socket = socket
    this.#sink = sink
    socket.on("error", () => socket.destroy())
    socket.on("data", (chunk: Buffer) => this.#take(chunk))
  }

  /** Holds the card to the reader whose slot is at `port`. */
  static async insert(sink: CommandSink, port: number): Promise<VirtualCard> {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true })
    await once(socket, "connect")
    return new VirtualCard(socket, sink)
  }

  /** Takes the card out of the field, also in the middle of a command. */
  remove(): void {
    this.#socket.destroy()
    this.#sink.leaveField()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.remove()
    await this.#turn
  }

  #take(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk])
    while (this.#buffer.length >= LENGTH_BYTES) {
      const end = LENGTH_BYTES + this.#buffer.readUInt16BE(0)
      if (this.#buffer.length < end) return
      const message = new Uint8Array(this.#buffer.subarray(LENGTH_BYTES, end))
      this.#buffer = this.#buffer.subarray(end)
      this.#turn = this.#turn.then(async () => await this.#answer(message))
    }
  }

  async #answer(message: Bytes): Promise<void> {
    const [first] = message
    if (message.length > 1) this.#send(await this.#sink.process(message))
    else if (first === GET_ANSWER_TO_RESET) this.#send(ANSWER_TO_RESET)
    else if (first === POWER_OFF || first === RESET) this.#sink.leaveField()
  }

  #send(message: Bytes): void {
    if (this.#socket.destroyed) return
    const frame = Buffer.alloc(LENGTH_BYTES + message.length)
    frame.writeUInt16BE(message.length)
    frame.set(message, LENGTH_BYTES)
    this.#socket.write(frame)
  }
}
