/** A continuous test of raw samples (NIST SP 800-90B, 4.4): a total failure shows here, after extraction it never would. */
export interface HealthTest {
  readonly name: HealthTestName
  /** False on alarm. */
  accepts(sample: number): boolean
  /** Forgets what came before, for a new start-up. */
  reset(): void
}

export type HealthTestName = "repetition count" | "adaptive proportion" | "variance"

export interface HealthTestSettings {
  /** Min-entropy that the source is held to, in bits per sample. */
  readonly entropyPerSample: number
  /** Chance of an alarm on a source that just meets it: per sample for repetition, per window for proportion. */
  readonly alpha: number
}

export function requireSettings({ entropyPerSample, alpha }: HealthTestSettings): void {
  if (!(entropyPerSample > 0)) throw new RangeError(`a source of ${entropyPerSample} bits per sample`)
  if (!(alpha > 0 && alpha < 1)) throw new RangeError(`a false alarm rate of ${alpha}`)
}
