/** Lets a few through at a time for each peer; the others wait their turn. */
export class Turnstile {
  readonly #limit: number
  readonly #inside = new Map<string, number>()
  readonly #waiting = new Map<string, (() => void)[]>()

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Resolves when it is this caller's turn; disposing of what it gives lets the next one in. Rejects with the signal's reason. */
  async enter(peerId: string, signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted()
    const pass = this.tryEnter(peerId)
    if (pass !== undefined) return pass
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const queue = this.#waiting.get(peerId) ?? []
    this.#waiting.set(peerId, queue)
    queue.push(resolve)
    const giveUp = (): void => {
      const at = queue.indexOf(resolve)
      if (at >= 0) queue.splice(at, 1)
      reject(signal.reason)
    }
    signal.addEventListener("abort", giveUp, { once: true })
    try {
      await promise
    } finally {
      signal.removeEventListener("abort", giveUp)
    }
    return this.#pass(peerId)
  }

  /** The same for those who don't wait. */
  tryEnter(peerId: string): Disposable | undefined {
    const inside = this.#inside.get(peerId) ?? 0
    if (inside >= this.#limit) return undefined
    this.#inside.set(peerId, inside + 1)
    return this.#pass(peerId)
  }

  #pass(peerId: string): Disposable {
    return { [Symbol.dispose]: () => this.#leave(peerId) }
  }

  /** A place that somebody waits for is handed on without becoming free. */
  #leave(peerId: string): void {
    const queue = this.#waiting.get(peerId)
    const next = queue?.shift()
    if (queue?.length === 0) this.#waiting.delete(peerId)
    if (next !== undefined) return next()
    const inside = (this.#inside.get(peerId) ?? 1) - 1
    if (inside === 0) this.#inside.delete(peerId)
    else this.#inside.set(peerId, inside)
  }
}
