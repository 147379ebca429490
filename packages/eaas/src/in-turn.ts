/** Runs acts one after the other, in the order in which they were asked for; a failed one doesn't stop the next. */
export class InTurn {
  #last: Promise<unknown> = Promise.resolve()

  async run<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(act)
    this.#last = turn.catch(() => undefined)
    return await turn
  }
}
