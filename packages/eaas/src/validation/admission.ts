/** Keeps the place of one request until it is disposed of. */
export type Place = Disposable

/**
 * Bounds what is under way at a time, as a whole and for each Local Provider: one that floods the server leaves half of
 * it to the others.
 */
export class Admission {
  readonly #capacity: number
  readonly #share: number
  readonly #underWay = new Map<string, number>()
  #total = 0

  constructor(capacity: number, localProviders: number) {
    if (!Number.isInteger(capacity) || capacity < 1) throw new RangeError("a capacity is a positive integer")
    this.#capacity = capacity
    this.#share = localProviders > 1 ? Math.ceil(capacity / 2) : capacity
  }

  get isFull(): boolean {
    return this.#total >= this.#capacity
  }

  /** A place for a request of this Local Provider, or `undefined` where it has to come again later. */
  enter(localProvider: string): Place | undefined {
    const own = this.#underWay.get(localProvider) ?? 0
    if (this.isFull || own >= this.#share) return undefined
    this.#count(localProvider, 1)
    return { [Symbol.dispose]: () => this.#count(localProvider, -1) }
  }

  #count(localProvider: string, by: 1 | -1): void {
    const own = (this.#underWay.get(localProvider) ?? 0) + by
    this.#total += by
    if (own === 0) this.#underWay.delete(localProvider)
    else this.#underWay.set(localProvider, own)
  }
}
