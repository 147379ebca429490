import { once } from "node:events"
import { createServer, type Server, type Socket } from "node:net"
import type { Bytes } from "@starling/kernel"

const POWER_OFF = 0
const LENGTH_BYTES = 2

/** A slot as vsmartcard's virtual reader has it, without PC/SC behind: what is put into it is asked here. */
export class Slot implements AsyncDisposable {
  readonly port: number
  readonly #server: Server
  readonly #card = Promise.withResolvers<Socket>()
  #buffer = Buffer.alloc(0)
  #answered: ((response: Bytes) => void) | undefined

  private constructor(server: Server, port: number) {
    this.#server = server
    this.port = port
    server.on("connection", (socket) => {
      socket.setNoDelay(true)
      socket.on("error", () => socket.destroy())
      socket.on("data", (chunk: Buffer) => this.#take(chunk))
      this.#card.resolve(socket)
    })
  }

  static async open(): Promise<Slot> {
    const server = createServer()
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    const address = server.address()
    if (address === null || typeof address === "string") throw new TypeError("a TCP server has a port")
    return new Slot(server, address.port)
  }

  async inserted(): Promise<void> {
    await this.#card.promise
  }

  /** Sends a command; one of a single byte would be the reader's own, and no card sees it. */
  async process(command: Uint8Array): Promise<Bytes> {
    const socket = await this.#card.promise
    const { promise, resolve } = Promise.withResolvers<Bytes>()
    this.#answered = resolve
    socket.write(framed(command))
    return await promise
  }

  leaveField(): void {
    void this.#card.promise.then((socket) => socket.write(framed(Uint8Array.of(POWER_OFF))))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close")
    this.#server.close()
    void this.#card.promise.then((socket) => socket.destroy())
    await closed
  }

  #take(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk])
    if (this.#buffer.length < LENGTH_BYTES) return
    const end = LENGTH_BYTES + this.#buffer.readUInt16BE(0)
    if (this.#buffer.length < end) return
    this.#answered?.(new Uint8Array(this.#buffer.subarray(LENGTH_BYTES, end)))
    this.#buffer = this.#buffer.subarray(end)
  }
}

function framed(message: Uint8Array): Buffer {
  const frame = Buffer.alloc(LENGTH_BYTES + message.length)
  frame.writeUInt16BE(message.length)
  frame.set(message, LENGTH_BYTES)
  return frame
}
