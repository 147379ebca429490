import { requireSettings, type HealthTest, type HealthTestSettings } from "./health-test.ts"

/** SP 800-90B, 4.4.2: alarms when the first value of a window comes `cutoff` times within it. */
export class AdaptiveProportionTest implements HealthTest {
  readonly name = "adaptive proportion"
  readonly window: number
  /** `1 + critbinom(W, 2^-H, 1 - alpha)`. */
  readonly cutoff: number
  #value = 0
  #count = 0
  #seen = 0

  /** The window is 1024 for binary sources, 512 for all others. */
  constructor(settings: HealthTestSettings, alphabet: "binary" | "wide" = "wide") {
    requireSettings(settings)
    this.window = alphabet === "binary" ? 1024 : 512
    this.cutoff = 1 + criticalCount(this.window, 2 ** -settings.entropyPerSample, settings.alpha)
  }

  accepts(sample: number): boolean {
    if (this.#seen === 0) {
      this.#value = sample
      this.#count = 0
    }
    if (sample === this.#value) this.#count += 1
    this.#seen = (this.#seen + 1) % this.window
    return this.#count < this.cutoff
  }

  reset(): void {
    this.#seen = 0
  }
}

/**
 * The smallest k with P(X > k) ≤ alpha for X of Binomial(n, p). Summed from the far tail inwards, so that alphas too
 * small for `1 - alpha` are exact too.
 */
function criticalCount(n: number, p: number, alpha: number): number {
  let logChoose = 0
  let tail = 0
  for (let k = n; k > 0; k--) {
    tail += Math.exp(logChoose + k * Math.log(p) + (n - k) * Math.log1p(-p))
    if (tail > alpha) return k
    logChoose += Math.log(k) - Math.log(n - k + 1)
  }
  return 0
}
