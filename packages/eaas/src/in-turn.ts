/** Runs acts one after the other, in the order in which they were asked for; a failed one doesn't stop the next. */
export class InTurn {
  #last: Promise<unknown> = Promise.resolve()

  async run<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(act)
    this.#last = turn.catch(() => undefined)
    return await turn
  }
}

/** Runs acts of one key one after the other, and those of different keys side by side. */
export class InTurnByKey {
  readonly #last = new Map<string, Promise<unknown>>()

  async run<T>(key: string, act: () => Promise<T>): Promise<T> {
    const turn = (this.#last.get(key) ?? Promise.resolve()).then(act)
    const settled = turn.catch(() => undefined)
    this.#last.set(key, settled)
    try {
      return await turn
    } finally {
      if (this.#last.get(key) === settled) this.#last.delete(key)
    }
  }
}
