/** A token bucket for each peer. Holds an entry only for peers whose bucket is not full. */
export class Budget {
  readonly #burst: number
  readonly #rate: number
  readonly #spent = new Map<string, { tokens: number; at: number }>()

  /** `burst` tokens, refilled at `rate` tokens a second. */
  constructor(burst: number, rate: number) {
    this.#burst = burst
    this.#rate = rate
  }

  /** Takes `cost` tokens if the peer has them. `now` in milliseconds of a clock that never goes back. */
  take(peerId: string, now: number, cost = 1): boolean {
    const tokens = this.#tokens(peerId, now)
    if (tokens < cost) return false
    this.#spent.set(peerId, { tokens: tokens - cost, at: now })
    return true
  }

  /** Forgets the peers whose bucket has filled up. */
  prune(now: number): void {
    for (const peerId of this.#spent.keys()) if (this.#tokens(peerId, now) >= this.#burst) this.#spent.delete(peerId)
  }

  #tokens(peerId: string, now: number): number {
    const spent = this.#spent.get(peerId)
    if (spent === undefined) return this.#burst
    return Math.min(this.#burst, spent.tokens + ((now - spent.at) / 1000) * this.#rate)
  }
}
