import type { HealthTest } from "./health-test.ts"

const WINDOW = 512

/**
 * A developer's test (SP 800-90B, 4.5): the variance of 512 samples stays near what the device shows when its light is
 * on. Electronic noise alone is Gaussian too and passes for random; that it is too small gives it away. Between 0.55 and
 * 1.6 of the expected variance a sound Gaussian source alarms less than once in 2^47 windows (Chernoff bound).
 */
export class VarianceTest implements HealthTest {
  readonly name = "variance"
  readonly #expected: number
  #seen = 0
  #sum = 0
  #squares = 0

  /** `expected` is in squared steps of the converter. */
  constructor(expected: number) {
    this.#expected = expected
  }

  accepts(sample: number): boolean {
    this.#seen += 1
    this.#sum += sample
    this.#squares += sample * sample
    if (this.#seen < WINDOW) return true
    const variance = (this.#squares - (this.#sum * this.#sum) / WINDOW) / (WINDOW - 1)
    this.reset()
    return variance > 0.55 * this.#expected && variance < 1.6 * this.#expected
  }

  reset(): void {
    this.#seen = 0
    this.#sum = 0
    this.#squares = 0
  }
}
