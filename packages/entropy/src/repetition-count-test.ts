import { requireSettings, type HealthTest, type HealthTestSettings } from "./health-test.ts"

/** SP 800-90B, 4.4.1: alarms when one value comes `cutoff` times in a row. */
export class RepetitionCountTest implements HealthTest {
  readonly name = "repetition count"
  /** `1 + ⌈-log2(alpha) / H⌉`. */
  readonly cutoff: number
  #value: number | undefined
  #count = 0

  constructor(settings: HealthTestSettings) {
    requireSettings(settings)
    this.cutoff = 1 + Math.ceil(-Math.log2(settings.alpha) / settings.entropyPerSample)
  }

  accepts(sample: number): boolean {
    if (sample === this.#value) this.#count += 1
    else {
      this.#value = sample
      this.#count = 1
    }
    return this.#count < this.cutoff
  }

  reset(): void {
    this.#value = undefined
    this.#count = 0
  }
}
