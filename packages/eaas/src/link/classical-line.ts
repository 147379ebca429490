import type { Bytes } from "@starling/kernel"

/** The line beside the fibre: anybody may read and change what goes over it. */
export interface ClassicalLine {
  send(message: Bytes): void
  /** The next message, in the order in which they arrive. Throws `LineClosed`. */
  receive(): Promise<Bytes>
  /** Both ends' waiting ends. */
  close(): void
}

/** The other end gave up, or the line was cut. */
export class LineClosed extends Error {
  override readonly name = "LineClosed"
}

/** A line between two ends in this process. */
export function linePair(): readonly [ClassicalLine, ClassicalLine] {
  const [there, back] = [new Queue(), new Queue()]
  const end = (out: Queue, into: Queue): ClassicalLine => ({
    send: (message) => out.put(message),
    receive: async () => await into.take(),
    close: () => {
      out.close()
      into.close()
    },
  })
  return [end(there, back), end(back, there)]
}

class Queue {
  readonly #messages: Bytes[] = []
  #waiting: { readonly resolve: (message: Bytes) => void; readonly reject: (error: LineClosed) => void } | undefined
  #closed = false

  put(message: Bytes): void {
    if (this.#closed) return
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting === undefined) this.#messages.push(message)
    else waiting.resolve(message)
  }

  async take(): Promise<Bytes> {
    const message = this.#messages.shift()
    if (message !== undefined) return message
    if (this.#closed) throw new LineClosed("the line is closed")
    return await new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
    })
  }

  close(): void {
    this.#closed = true
    this.#waiting?.reject(new LineClosed("the line was closed"))
    this.#waiting = undefined
  }
}
