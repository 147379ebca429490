import { backgroundYield, efficiency, errorRate, gain, mean, type LinkModel } from "./link-model.ts"

/** Shannon's binary entropy, in bits. */
export function binaryEntropy(p: number): number {
  if (p <= 0 || p >= 1) return 0
  return -p * Math.log2(p) - (1 - p) * Math.log2(1 - p)
}

/** τ: chance that a pulse holds exactly `photons`, over all intensities. */
export function photonChance(model: LinkModel, photons: 0 | 1): number {
  return mean(model, (intensity) => Math.exp(-intensity) * (photons === 0 ? 1 : intensity))
}

/**
 * Secret bits per pulse of the same link with infinitely many pulses, decoys that tell everything, and error correction
 * at Shannon's limit: what no finite block can exceed.
 */
export function asymptoticRate(model: LinkModel): number {
  const background = backgroundYield(model)
  const through = efficiency(model)
  const singleYield = through + (1 - through) * background
  const singleError = (through * model.misalignment + ((1 - through) * background) / 2) / singleYield
  const clicks = mean(model, (intensity) => gain(model, intensity))
  const errors = mean(model, (intensity) => gain(model, intensity) * errorRate(model, intensity))
  const secret =
    photonChance(model, 0) * background + photonChance(model, 1) * singleYield * (1 - binaryEntropy(singleError))
  if (clicks === 0) return 0
  return Math.max(0, model.keyBasis ** 2 * (secret - clicks * binaryEntropy(errors / clicks)))
}

/** Pirandola, Laurenza, Ottaviani and Banchi, Nat. Commun. 8, 15043: no protocol without repeaters gets more bits per pulse. */
export function repeaterlessBound(transmittance: number): number {
  return -Math.log2(1 - transmittance)
}
