import { seededRandom } from "../world.ts"

/** Choices that follow from the seed alone. */
export class Choices {
  readonly #random: ReturnType<typeof seededRandom>

  constructor(seed: string) {
    this.#random = seededRandom(`choices ${seed}`)
  }

  /** A number below `end`, which is at most 65536. */
  below(end: number): number {
    const [a = 0, b = 0] = this.#random.draw(2, "a choice of the test")
    return (a * 256 + b) % end
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0
  }

  of<T>(items: readonly T[]): T {
    const [chosen] = this.some(items, 1)
    if (chosen === undefined) throw new RangeError("nothing to choose from")
    return chosen
  }

  /** At most `count` of them, none twice. */
  some<T>(items: readonly T[], count: number): readonly T[] {
    const left = [...items]
    const chosen: T[] = []
    while (chosen.length < count && left.length > 0) chosen.push(...left.splice(this.below(left.length), 1))
    return chosen
  }
}
