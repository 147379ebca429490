/** Of the time between two ticks, no more than this much counts. */
const MOST = 500

/**
 * Milliseconds in which this process came to look at what had arrived. A machine that slept, or was too busy to run it, takes
 * no patience from anybody: what others sent meanwhile lies there unread.
 */
export class AwakeClock {
  #time = 0
  #last: number

  constructor(now: number) {
    this.#last = now
  }

  get time(): number {
    return this.#time
  }

  /** To be called at least every `MOST` milliseconds. */
  tick(now: number): void {
    this.#time += Math.min(MOST, now - this.#last)
    this.#last = now
  }
}
