/** The three intensities of a decoy-state source, brightest first, in photons per pulse: signal, decoy, near vacuum. */
export type Triple = readonly [number, number, number]

/** A link for decoy-state BB84: the source at one end, a threshold detector for each bit at the other. */
export interface LinkModel {
  readonly intensities: Triple
  /** How often each intensity is sent. */
  readonly probabilities: Triple
  /** How often either end takes the key basis, Z; the rest is the test basis, X. */
  readonly keyBasis: number
  /** Share of the photons that the fibre lets through. */
  readonly transmittance: number
  readonly detectorEfficiency: number
  /** Of one detector in one gate. */
  readonly darkCount: number
  /** Chance that light ends in the wrong detector. */
  readonly misalignment: number
}

/** What an eavesdropper does to a share of the pulses: measures each in a basis at random and sends on what she saw. */
export interface Interception {
  readonly fraction: number
}

export const UNDISTURBED: Interception = { fraction: 0 }

/** 25 km of fibre at 0.2 dB/km with superconducting detectors; intensities and bases are the best for `BLOCK_PULSES`. */
export const METROPOLITAN: LinkModel = {
  intensities: [0.4, 0.15, 0.0002],
  probabilities: [0.4, 0.3, 0.3],
  keyBasis: 0.82,
  transmittance: 10 ** -0.5,
  detectorEfficiency: 0.5,
  darkCount: 1e-6,
  misalignment: 0.01,
}

export function requireModel(model: LinkModel): void {
  const [bright, dim, vacuum] = model.intensities
  // Lim et al., Phys. Rev. A 89, 022307, II: without this the bounds below say nothing.
  if (!(bright > dim + vacuum && dim > vacuum && vacuum >= 0)) throw new RangeError("intensities out of order")
  const total = model.probabilities.reduce((sum, probability) => sum + probability, 0)
  if (Math.abs(total - 1) > 1e-9 || model.probabilities.some((probability) => !(probability > 0)))
    throw new RangeError("the intensities' probabilities don't add up to one")
  if (!(model.keyBasis > 0 && model.keyBasis < 1)) throw new RangeError("both bases are needed")
  const { transmittance, detectorEfficiency, darkCount, misalignment } = model
  for (const share of [transmittance, detectorEfficiency, darkCount, misalignment])
    if (!(share >= 0 && share <= 1)) throw new RangeError(`${share} is no share`)
}

/** Chance that a photon which was sent is seen. */
export function efficiency(model: LinkModel): number {
  return model.transmittance * model.detectorEfficiency
}

/** Y0: chance of a click without light, at either detector. */
export function backgroundYield(model: LinkModel): number {
  return 1 - (1 - model.darkCount) ** 2
}

/** Chance that light of this intensity makes a click. */
export function signalChance(model: LinkModel, intensity: number): number {
  return 1 - Math.exp(-efficiency(model) * intensity)
}

/** Q: chance of a click of a pulse of this intensity, from light or from darkness. An interception leaves it as it is. */
export function gain(model: LinkModel, intensity: number): number {
  const signal = signalChance(model, intensity)
  return signal + (1 - signal) * backgroundYield(model)
}

/**
 * E: share of wrong bits among clicks of this intensity where both bases are the same. A measurement in the other basis,
 * which is one in two, leaves a bit at random; a dark count is one.
 */
export function errorRate(model: LinkModel, intensity: number, interception: Interception = UNDISTURBED): number {
  const signal = signalChance(model, intensity)
  const background = ((1 - signal) * backgroundYield(model)) / 2
  const clicks = gain(model, intensity)
  return clicks === 0 ? 0 : (signal * lightError(model, interception) + background) / clicks
}

/** Chance that a click that light made shows the wrong bit. */
export function lightError(model: LinkModel, interception: Interception): number {
  const scrambled = interception.fraction / 2
  return scrambled / 2 + (1 - scrambled) * model.misalignment
}

/** Chance that a pulse of any intensity makes a click. */
export function clickChance(model: LinkModel): number {
  return mean(model, (intensity) => gain(model, intensity))
}

/** Mean over what is sent. */
export function mean(model: LinkModel, of: (intensity: number) => number): number {
  const [a, b, c] = model.intensities
  const [p, q, r] = model.probabilities
  return p * of(a) + q * of(b) + r * of(c)
}
