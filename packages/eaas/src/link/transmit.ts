import {
  clickChance,
  gain,
  lightError,
  requireModel,
  signalChance,
  UNDISTURBED,
  type Interception,
  type LinkModel,
} from "./link-model.ts"
import type { UniformStream } from "./uniform-stream.ts"

/** What one end notes of a pulse, in one byte: the bit, the basis, and at the source the intensity. */
export const BIT = 1
export const TEST_BASIS = 2
/** Intensity 0 to 2, brightest first, is in the bits above. */
export const INTENSITY_SHIFT = 2

/** What each end holds of the pulses that made a click, in the order of their slots. */
export interface Transmission {
  readonly pulses: number
  /** Which pulses made a click. The detector's end knows that; the source learns it. */
  readonly slots: Uint32Array<ArrayBuffer>
  readonly sent: Uint8Array<ArrayBuffer>
  readonly seen: Uint8Array<ArrayBuffer>
}

/**
 * Plays `pulses` pulses over the link. Only those that click are played: the distance to the next one is geometric, and
 * what was sent has the distribution that it has given a click, so that the ends hold what they would have held.
 */
export function transmit(
  model: LinkModel,
  pulses: number,
  chance: UniformStream,
  interception: Interception = UNDISTURBED,
): Transmission {
  requireModel(model)
  if (!(pulses >= 0 && pulses <= 2 ** 32)) throw new RangeError(`a block of ${pulses} pulses`)
  const play = clickPlayer(model, chance, interception)
  const noClick = Math.log1p(-clickChance(model))
  const most = Math.ceil(pulses * clickChance(model) + 10 * Math.sqrt(pulses * clickChance(model)) + 100)
  const slots = new Uint32Array(most)
  const sent = new Uint8Array(most)
  const seen = new Uint8Array(most)
  let count = 0
  for (let slot = jump(chance, noClick); slot < pulses; slot += 1 + jump(chance, noClick)) {
    if (count === most) throw new Error("more clicks than ten standard deviations allow")
    const [source, detector] = play()
    slots[count] = slot
    sent[count] = source
    seen[count] = detector
    count++
  }
  return { pulses, slots: slots.slice(0, count), sent: sent.slice(0, count), seen: seen.slice(0, count) }
}

/** Pulses without a click in front of the next one that has one. */
function jump(chance: UniformStream, noClick: number): number {
  return Math.floor(Math.log(chance.uniform()) / noClick)
}

/** Plays one click at a time: what the source had sent, and what the detector saw. */
function clickPlayer(
  model: LinkModel,
  chance: UniformStream,
  interception: Interception,
): () => readonly [sent: number, seen: number] {
  const total = clickChance(model)
  const shares = model.intensities.map(
    (intensity, i) => ((model.probabilities[i] ?? 0) * gain(model, intensity)) / total,
  )
  const lit = model.intensities.map((intensity) => signalChance(model, intensity) / gain(model, intensity))
  const [signal = 0, decoy = 0] = shares
  const wrong = lightError(model, interception)
  const basis = (): number => (chance.uniform() <= model.keyBasis ? 0 : TEST_BASIS)
  return () => {
    const which = chance.uniform()
    const intensity = which <= signal ? 0 : which <= signal + decoy ? 1 : 2
    const [at, bt] = [basis(), basis()]
    const bits = chance.word()
    const bit = bits & 1
    const random = (bits >>> 1) & 1
    const isLight = chance.uniform() <= (lit[intensity] ?? 0)
    const told = isLight && at === bt ? bit ^ (chance.uniform() <= wrong ? 1 : 0) : random
    return [bit | at | (intensity << INTENSITY_SHIFT), told | bt]
  }
}
