import type { Milliseconds } from "@starling/kernel"

const MINUTE = 60_000

/**
 * Counts by name that are told as they stood at the end of the last whole minute: whoever watches them, an AS for
 * instance, learns nothing of when within a minute a request came.
 */
export class ByTheMinute {
  readonly #now: () => Milliseconds
  readonly #counts = new Map<string, number>()
  #told: ReadonlyMap<string, number> = new Map()
  #minute: number

  constructor(now: () => Milliseconds) {
    this.#now = now
    this.#minute = minuteOf(now())
  }

  add(name: string): void {
    this.#turn()
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1)
  }

  get told(): ReadonlyMap<string, number> {
    this.#turn()
    return this.#told
  }

  #turn(): void {
    const minute = minuteOf(this.#now())
    if (minute === this.#minute) return
    this.#minute = minute
    this.#told = new Map(this.#counts)
  }
}

function minuteOf(time: Milliseconds): number {
  return Math.floor(time / MINUTE)
}
