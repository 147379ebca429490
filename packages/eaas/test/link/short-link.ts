import {
  bootstrapKeys,
  SimulatedLink,
  UniformStream,
  type ClassicalLine,
  type LinkModel,
  type LinkRounds,
  type SharedKeys,
} from "@starling/eaas/link"
import type { OsEntropy } from "@starling/entropy"
import type { Bytes } from "@starling/kernel"

/** Nothing lost on the way: a block that gives key is a fraction of a second's work. */
export const SHORT: LinkModel = {
  intensities: [0.3, 0.1, 0.0002],
  probabilities: [0.2, 0.3, 0.5],
  keyBasis: 0.8,
  transmittance: 1,
  detectorEfficiency: 1,
  darkCount: 1e-6,
  misalignment: 0.01,
}
export const SHORT_PULSES = 2_500_000

/** Unpredictable to nobody: one number, one story. */
export function seeded(seed: number): OsEntropy {
  const stream = new UniformStream((length) => {
    const key = new Uint8Array(length)
    new DataView(key.buffer).setUint32(0, seed)
    return key
  })
  return (length) => stream.bytes(length)
}

export function shortLink(
  seed: number,
  options: {
    model?: LinkModel
    pulses?: number
    line?: () => readonly [ClassicalLine, ClassicalLine]
    shared?: SharedKeys
  } = {},
): SimulatedLink {
  const entropy = seeded(seed)
  return new SimulatedLink({ entropy, shared: bootstrapKeys(entropy), model: SHORT, pulses: SHORT_PULSES, ...options })
}

/** The key that both ends have. */
export function keyOf({ source, detector }: LinkRounds): Bytes {
  if (source.kind !== "key" || detector.kind !== "key") throw new Error(`no key: ${JSON.stringify([source, detector])}`)
  if (Buffer.compare(source.key, detector.key) !== 0) throw new Error("two keys")
  return source.key
}
