import { every } from "../every.ts"
import type { Figure } from "./figure.ts"

/** One line of a chart. */
export interface Series {
  readonly figure: Figure
  /** Of the label; empty where there is one value. */
  readonly of: string
  /** Oldest first; `undefined` where there was none. */
  readonly points: readonly (number | undefined)[]
}

/** In milliseconds. */
const PERIOD = 15_000
/** An hour. */
const POINTS = 240

/** What the figures were in the last hour, in memory. */
export class History implements AsyncDisposable {
  readonly #figures: readonly Figure[]
  readonly #samples: ReadonlyMap<Figure, ReadonlyMap<string, number>>[] = []
  readonly #sampling: AsyncDisposable

  constructor(figures: readonly Figure[]) {
    this.#figures = figures
    this.#sampling = every(PERIOD, async () => await this.sample())
  }

  async sample(): Promise<void> {
    const read = await Promise.all(this.#figures.map(async (figure) => [figure, await figure.read()] as const))
    this.#samples.push(new Map(read))
    if (this.#samples.length > POINTS) this.#samples.shift()
  }

  series(): readonly Series[] {
    return this.#figures.flatMap((figure) => {
      const labels = new Set(this.#samples.flatMap((sample) => [...(sample.get(figure)?.keys() ?? [])]))
      return [...labels].map((of) => ({ figure, of, points: this.#samples.map((it) => it.get(figure)?.get(of)) }))
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sampling[Symbol.asyncDispose]()
  }
}
