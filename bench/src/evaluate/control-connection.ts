import { randomBytes } from "node:crypto"
import type { Socket } from "node:net"
import { createInterface } from "node:readline"

import { Greeting, isProof, Proof, proofOf } from "./control-frames.ts"

const HANDSHAKE_MS = 10_000

/** The other machine is gone, or does not know the token. */
export class ControlFailed extends Error {
  override readonly name = "ControlFailed"
}

/** A TCP connection between two machines of a run, after both have shown that they know the token. One JSON object a line. */
export class ControlConnection implements Disposable {
  readonly #socket: Socket
  readonly #lines: Lines

  private constructor(socket: Socket, lines: Lines) {
    this.#socket = socket
    this.#lines = lines
  }

  /** Throws `ControlFailed`. */
  static async open(socket: Socket, side: "leads" | "joins", token: string): Promise<ControlConnection> {
    socket.setNoDelay(true)
    socket.on("error", () => socket.destroy())
    const lines = new Lines(socket)
    const patience = setTimeout(() => socket.destroy(), HANDSHAKE_MS)
    try {
      const own = randomBytes(32).toString("hex")
      write(socket, { starling: "evaluate 1", nonce: own })
      const { nonce } = Greeting.parse(JSON.parse(await lines.next()))
      const nonces = side === "leads" ? [own, nonce] : [nonce, own]
      write(socket, { proof: proofOf(token, side, nonces) })
      const other = side === "leads" ? "joins" : "leads"
      if (!isProof(Proof.parse(JSON.parse(await lines.next())).proof, proofOf(token, other, nonces)))
        throw new Error("another token")
    } catch (cause) {
      socket.destroy()
      throw new ControlFailed("the other machine does not know the token of --token-file, or is no Starling", { cause })
    } finally {
      clearTimeout(patience)
    }
    return new ControlConnection(socket, lines)
  }

  send(message: unknown): void {
    if (this.#socket.writable) write(this.#socket, message)
  }

  /** Each is a JSON object; it is of whoever knows the token. */
  onLine(listener: (line: string) => void): void {
    this.#lines.listen(listener)
  }

  onEnd(listener: () => void): void {
    this.#socket.once("close", listener)
  }

  get ended(): boolean {
    return this.#socket.destroyed
  }

  [Symbol.dispose](): void {
    this.#socket.destroy()
  }
}

/** The lines that a socket brings, kept until somebody takes them. */
class Lines {
  readonly #kept: string[] = []
  #isOver = false
  #take: ((line: string | undefined) => void) | undefined
  #listener: ((line: string) => void) | undefined

  constructor(socket: Socket) {
    const lines = createInterface({ input: socket, crlfDelay: Infinity })
    lines.on("line", (line) => {
      if (this.#listener !== undefined) this.#listener(line)
      else if (this.#take === undefined) this.#kept.push(line)
      else this.#give(line)
    })
    socket.once("close", () => {
      this.#isOver = true
      this.#give(undefined)
    })
  }

  /** Throws `ControlFailed` where no more come. */
  async next(): Promise<string> {
    const kept = this.#kept.shift()
    if (kept !== undefined) return kept
    const line = this.#isOver ? undefined : await new Promise<string | undefined>((resolve) => (this.#take = resolve))
    if (line === undefined) throw new ControlFailed("the other machine is gone")
    return line
  }

  /** From here on every line goes to `listener`. */
  listen(listener: (line: string) => void): void {
    this.#listener = listener
    for (const line of this.#kept.splice(0)) listener(line)
  }

  #give(line: string | undefined): void {
    const take = this.#take
    this.#take = undefined
    take?.(line)
  }
}

function write(socket: Socket, message: unknown): void {
  socket.write(`${JSON.stringify(message)}\n`)
}
