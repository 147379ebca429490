import { utf8 } from "@starling/kernel"
import type { RandomSource } from "@starling/mls"
import { nodeCrypto } from "@starling/mls/node"

/** The choices of a run (mulberry32): they follow from the seed, and go on where `state` was left. */
export class Chance {
  state: number

  constructor(state: number) {
    this.state = state >>> 0
  }

  /** An integer from 0 up to, but without, `end`. */
  below(end: number): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0
    let t = Math.imul(this.state ^ (this.state >>> 15), this.state | 1)
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * end)
  }

  /** Whether something happens that does so in `percent` of all cases. */
  percent(percent: number): boolean {
    return this.below(100) < percent
  }

  one<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)]
    if (item === undefined) throw new RangeError("nothing to choose from")
    return item
  }

  /** At most `count` of them, each once. */
  some<T>(items: readonly T[], count: number): readonly T[] {
    const rest = [...items]
    const chosen: T[] = []
    while (chosen.length < count && rest.length > 0) chosen.push(...rest.splice(this.below(rest.length), 1))
    return chosen
  }

  shuffled<T>(items: readonly T[]): readonly T[] {
    return this.some(items, items.length)
  }

  weighted<T>(choices: readonly (readonly [weight: number, choice: T])[]): T {
    let at = this.below(choices.reduce((sum, [weight]) => sum + weight, 0))
    for (const [weight, choice] of choices) {
      if (at < weight) return choice
      at -= weight
    }
    throw new RangeError("nothing to choose from")
  }
}

/** Random bytes that follow from a seed and go on where `counter` was left. */
export class SeededSource implements RandomSource {
  counter: number
  readonly #crypto = nodeCrypto(1)
  readonly #key: Uint8Array

  constructor(seed: string, counter = 0) {
    this.counter = counter
    this.#key = this.#crypto.hash(utf8(seed))
  }

  draw(length: number) {
    return this.#crypto.expand(this.#key, utf8(`${this.counter++}`), length)
  }
}
