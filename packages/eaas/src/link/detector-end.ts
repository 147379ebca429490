import { wipe } from "@starling/kernel"
import { oneTimeMac } from "../one-time-mac.ts"
import { LinkTampered } from "./authenticated-line.ts"
import { Cascade } from "./cascade.ts"
import { passesFor } from "./cascade-passes.ts"
import { secretLength } from "./finite-key.ts"
import { judgeErrors, expectedErrorRate } from "./link-alarm.ts"
import {
  decodeAmplification,
  decodeParities,
  decodeSifting,
  encodeAgreed,
  encodeDetections,
  encodeEstimate,
  encodeQuestions,
  encodeReconciled,
  HASH_BYTES,
  HASH_KEY_BYTES,
  ORDER_SEED_BYTES,
  type Estimate,
} from "./link-messages.ts"
import { toeplitzHash, toeplitzSeedBits } from "./privacy-amplification.ts"
import { figuresOf, judgeEstimate, UNVERIFIED, untampered, type RoundOutcome, type RoundSettings } from "./round.ts"
import { packBits, siftedBlock, statisticsOf, testErrors, total, type SiftedBlock } from "./sifted-block.ts"
import { TEST_BASIS } from "./transmit.ts"

/** What the detector saw. */
export interface DetectorRecord {
  readonly slots: Uint32Array<ArrayBuffer>
  readonly seen: Uint8Array
}

/** The detector's end of a round. Throws `LinkTampered`, `LineClosed`. */
export async function detectorRound(record: DetectorRecord, settings: RoundSettings): Promise<RoundOutcome> {
  const { line, model, entropy } = settings
  const { slots, seen } = record
  line.vouch(encodeDetections({ slots, bases: Uint8Array.from(seen, (click) => click & TEST_BASIS) }))
  const sifting = untampered(decodeSifting(await line.hearVouched()))
  if (sifting.length !== slots.length) throw new LinkTampered("not one answer for each click")
  const block = siftedBlock(sifting, (click) => seen[click] ?? 0)
  try {
    const errors = testErrors(sifting, (click) => seen[click] ?? 0)
    const rate = total(block.test) === 0 ? expectedErrorRate(model) : total(errors) / total(block.test)
    const order = entropy(ORDER_SEED_BYTES)
    const estimate = { testErrors: errors, partsPerMillion: Math.round(rate * 1e6), order }
    line.vouch(encodeEstimate(estimate))
    return await distil(block, estimate, slots.length, settings)
  } finally {
    wipe(block.bits)
  }
}

async function distil(
  block: SiftedBlock,
  estimate: Estimate,
  clicks: number,
  settings: RoundSettings,
): Promise<RoundOutcome> {
  const { line, model, pulses, security } = settings
  const before = figuresOf(block, estimate, pulses, clicks)
  const early = judgeEstimate(block, estimate, settings, before)
  if (early !== undefined) return early

  const cascade = await correct(block, estimate, settings)
  const disclosed = cascade.disclosed + 8 * HASH_BYTES
  const figures = { ...before, disclosed, keyErrors: cascade.corrected / block.bits.length }
  sayReconciled(block, cascade.corrected, settings)
  const { bits, seed } = untampered(decodeAmplification(await line.hearVouched()))
  const alarm = judgeErrors("key", cascade.corrected, block.bits.length, model)
  if (alarm !== undefined) return { kind: "alarm", alarm, figures }
  const length = secretLength(statisticsOf(block, estimate.testErrors, disclosed), model, security)
  if (bits === 0) {
    return { kind: "no key", why: length.kind === "none" ? length.why : UNVERIFIED, figures }
  }
  if (length.kind === "none" || bits !== length.bits) throw new LinkTampered("another length of key")
  if (seed.length !== Math.ceil(toeplitzSeedBits(block.bits.length, bits) / 8)) throw new LinkTampered("another seed")
  const key = toeplitzHash(block.bits, seed, bits)
  line.vouch(encodeAgreed())
  return { kind: "key", key, figures: { ...figures, secret: bits, phaseError: length.phaseError } }
}

async function correct(block: SiftedBlock, estimate: Estimate, { line }: RoundSettings): Promise<Cascade> {
  const cascade = new Cascade(block.bits, passesFor(block.bits.length, estimate))
  for (;;) {
    const questions = cascade.questions()
    line.say(encodeQuestions(questions))
    if (questions.length === 0) return cascade
    if (cascade.disclosed > block.bits.length) throw new LinkTampered("answers that no key gives")
    const parities = untampered(decodeParities(await line.hear()))
    if (parities.length !== questions.length) throw new LinkTampered("not one parity for each question")
    cascade.learn(questions, parities)
  }
}

function sayReconciled(block: SiftedBlock, corrected: number, { line, entropy }: RoundSettings): void {
  const packed = packBits(block.bits)
  const hashKey = entropy(HASH_KEY_BYTES)
  line.vouch(encodeReconciled({ corrected, hashKey, hash: oneTimeMac(packed, hashKey) }))
  wipe(packed)
}
