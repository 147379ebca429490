import type { OsEntropy } from "@starling/entropy"
import type { Bytes, Decoded } from "@starling/kernel"
import { LinkTampered, type AuthenticatedLine } from "./authenticated-line.ts"
import type { Security } from "./finite-key.ts"
import { judgeClicks, judgeErrors, type LinkAlarm } from "./link-alarm.ts"
import type { Estimate } from "./link-messages.ts"
import type { LinkModel } from "./link-model.ts"
import { clicksOf, total, type SiftedBlock } from "./sifted-block.ts"

/** What a round is held with; the same at both ends but for the record and the entropy. */
export interface RoundSettings {
  readonly line: AuthenticatedLine
  readonly model: LinkModel
  readonly pulses: number
  readonly security: Security
  readonly entropy: OsEntropy
}

/** Figures of one round, for the log and for measurements: none of them tells a bit of the key. */
export interface RoundFigures {
  readonly pulses: number
  readonly clicks: number
  /** Bits of both ends that were made and looked at in the key basis. */
  readonly sifted: number
  /** Share of wrong bits. */
  readonly keyErrors: number
  readonly testErrors: number
  /** Parities told, and the bits of the hash. */
  readonly disclosed: number
  /** Upper bound on the phase error of single photons; `undefined` where there is none. */
  readonly phaseError: number | undefined
  readonly secret: number
}

/**
 * How a round ended, the same at both ends where nobody interfered.
 *
 *     detections > sifting > estimate --errors or clicks out of bounds--> alarm
 *     estimate > questions and parities > reconciled --errors out of bounds--> alarm
 *     reconciled > amplification --another hash, or no bit to be sure of--> no key
 *     amplification > agreed > key
 *     any --a tag that is not the other end's--> alarm
 */
export type RoundOutcome =
  | { readonly kind: "key"; readonly key: Bytes; readonly figures: RoundFigures }
  | { readonly kind: "no key"; readonly why: string; readonly figures: RoundFigures }
  | { readonly kind: "alarm"; readonly alarm: LinkAlarm; readonly figures: RoundFigures }

/** Cascade left an even number of errors in every block of every pass: about one block in ten thousand. */
export const UNVERIFIED = "the ends' keys differ after their correction"

/** Fewer sifted bits than this give no key whatever the link: the round ends before anything is told of them. */
const FEWEST_BITS = 1024

/**
 * What both ends conclude before a parity is told: `undefined` where the round goes on. Figures are those so far.
 */
export function judgeEstimate(
  block: SiftedBlock,
  { testErrors }: Estimate,
  { model, pulses }: RoundSettings,
  figures: RoundFigures,
): Exclude<RoundOutcome, { kind: "key" }> | undefined {
  const alarm =
    judgeClicks(clicksOf(block), pulses, model) ?? judgeErrors("test", total(testErrors), total(block.test), model)
  if (alarm !== undefined) return { kind: "alarm", alarm, figures }
  if (block.bits.length < FEWEST_BITS) return { kind: "no key", why: "too short", figures }
  return undefined
}

export function figuresOf(block: SiftedBlock, estimate: Estimate, pulses: number, clicks: number): RoundFigures {
  return {
    pulses,
    clicks,
    sifted: block.bits.length,
    keyErrors: 0,
    testErrors: total(estimate.testErrors) / Math.max(1, total(block.test)),
    disclosed: 0,
    phaseError: undefined,
    secret: 0,
  }
}

/** A message that decodes; whoever sent it has our keys, or the tag would not have been right. */
export function untampered<T>(decoded: Decoded<T>): T {
  if (decoded.kind === "malformed") throw new LinkTampered(decoded.why)
  return decoded.value
}
