import { binaryEntropy, photonChance } from "./key-rate.ts"
import type { LinkModel, Triple } from "./link-model.ts"

/** What both ends know of a block once its errors are corrected; counts by intensity, brightest first. */
export interface BlockStatistics {
  /** Clicks in the key basis. */
  readonly key: Triple
  /** Clicks in the test basis, and how many of them were wrong. */
  readonly test: Triple
  readonly testErrors: Triple
  /** Bits of the key that the classical channel told: parities and the verification tag. */
  readonly disclosed: number
}

export interface Security {
  /** Chance that the key is not secret. */
  readonly secrecy: number
  /** Chance that the ends' keys differ. */
  readonly correctness: number
}

export const SECURITY: Security = { secrecy: 1e-10, correctness: 1e-15 }

export type SecretLength =
  | { readonly kind: "key"; readonly bits: number; readonly phaseError: number }
  | {
      readonly kind: "none"
      readonly why: "no vacuum or single photons to be sure of" | "phase error too high" | "too short"
    }

/**
 * Bits that privacy amplification may leave: Lim, Curty, Walenta, Xu and Zbinden, Phys. Rev. A 89, 022307, eqs. 1 to 5,
 * with Z for their X. An estimate that is negative or undefined gives no key: put into the formula it would look perfect.
 */
export function secretLength(
  statistics: BlockStatistics,
  model: LinkModel,
  { secrecy, correctness }: Security = SECURITY,
): SecretLength {
  const [bright, dim, vacuum] = model.intensities
  const tauVacuum = photonChance(model, 0)
  const tauSingle = photonChance(model, 1)
  const logTerm = Math.log(21 / secrecy)
  const bounds = (counts: Triple) => hoeffding(counts, model, logTerm)

  const vacuums = (counts: Triple): number => {
    const { low, high } = bounds(counts)
    return Math.max(0, (tauVacuum * (dim * low[2] - vacuum * high[1])) / (dim - vacuum))
  }
  const singles = (counts: Triple): number => {
    const { low, high } = bounds(counts)
    const multiple = ((dim ** 2 - vacuum ** 2) / bright ** 2) * (high[0] - vacuums(counts) / tauVacuum)
    return (tauSingle * bright * (low[1] - high[2] - multiple)) / (bright * (dim - vacuum) - dim ** 2 + vacuum ** 2)
  }

  const keySingles = singles(statistics.key)
  const testSingles = singles(statistics.test)
  if (!(keySingles > 0 && testSingles > 0)) return { kind: "none", why: "no vacuum or single photons to be sure of" }
  const wrong = bounds(statistics.testErrors)
  const wrongSingles = Math.max(0, (tauSingle * (wrong.high[1] - wrong.low[2])) / (dim - vacuum))
  const observed = wrongSingles / testSingles
  const phaseError = observed + samplingDeviation(secrecy, observed, testSingles, keySingles)
  // NaN ends here too.
  if (!(phaseError >= 0 && phaseError < 0.5)) return { kind: "none", why: "phase error too high" }
  const bits = Math.floor(
    vacuums(statistics.key) +
      keySingles * (1 - binaryEntropy(phaseError)) -
      statistics.disclosed -
      6 * Math.log2(21 / secrecy) -
      Math.log2(2 / correctness),
  )
  return bits > 0 ? { kind: "key", bits, phaseError } : { kind: "none", why: "too short" }
}

/** Hoeffding's bounds on what infinitely many pulses would show, each weighted with e^k / p_k. */
function hoeffding(counts: Triple, model: LinkModel, logTerm: number): { readonly low: Triple; readonly high: Triple } {
  const deviation = Math.sqrt(((counts[0] + counts[1] + counts[2]) / 2) * logTerm)
  const at = (i: 0 | 1 | 2, sign: number): number =>
    (Math.exp(model.intensities[i]) / model.probabilities[i]) * (counts[i] + sign * deviation)
  return { low: [at(0, -1), at(1, -1), at(2, -1)], high: [at(0, 1), at(1, 1), at(2, 1)] }
}

/** γ: how far the key basis may be from what the test basis shows. A rate of zero is taken for half an event. */
function samplingDeviation(secrecy: number, rate: number, test: number, key: number): number {
  const b = Math.max(rate, 0.5 / test)
  if (b >= 1) return Number.POSITIVE_INFINITY
  const spread = ((test + key) * (1 - b) * b) / (test * key * Math.LN2)
  return Math.sqrt(spread * Math.log2(((test + key) / (test * key * (1 - b) * b)) * (21 / secrecy) ** 2))
}
