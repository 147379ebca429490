import { wipe, type Bytes } from "@starling/kernel"
import { isTaggedBy } from "../one-time-mac.ts"
import { LinkTampered } from "./authenticated-line.ts"
import { parities } from "./cascade.ts"
import { passesFor, type Pass, type Range } from "./cascade-passes.ts"
import { secretLength } from "./finite-key.ts"
import { judgeErrors } from "./link-alarm.ts"
import {
  decodeAgreed,
  decodeDetections,
  decodeEstimate,
  decodeQuestions,
  decodeReconciled,
  DROPPED,
  encodeAmplification,
  encodeParities,
  encodeSifting,
  HASH_BYTES,
  type Detections,
  type Estimate,
  type Reconciled,
} from "./link-messages.ts"
import { toeplitzHash, toeplitzSeedBits } from "./privacy-amplification.ts"
import { figuresOf, judgeEstimate, UNVERIFIED, untampered, type RoundOutcome, type RoundSettings } from "./round.ts"
import { packBits, siftedBlock, statisticsOf, type SiftedBlock } from "./sifted-block.ts"
import { BIT, TEST_BASIS } from "./transmit.ts"

/** What the source sent, for the slots that were worth remembering. */
export interface SourceRecord {
  readonly slots: Uint32Array
  readonly sent: Uint8Array
}

/** The source's end of a round: its key is the one that the other end's is corrected to. Throws `LinkTampered`, `LineClosed`. */
export async function sourceRound(record: SourceRecord, settings: RoundSettings): Promise<RoundOutcome> {
  const { line } = settings
  const detections = untampered(decodeDetections(await line.hearVouched()))
  const { sifting, bits } = sift(record, detections)
  const block = siftedBlock(sifting, (click) => bits[click] ?? 0)
  wipe(bits)
  try {
    line.vouch(encodeSifting(sifting))
    const estimate = untampered(decodeEstimate(await line.hearVouched()))
    return await distil(block, estimate, detections.slots.length, settings)
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
  const { line, model, pulses, security, entropy } = settings
  const before = figuresOf(block, estimate, pulses, clicks)
  const early = judgeEstimate(block, estimate, settings, before)
  if (early !== undefined) return early

  const told = await answerQuestions(block, estimate, settings)
  const reconciled = untampered(decodeReconciled(await line.hearVouched()))
  const disclosed = told + 8 * HASH_BYTES
  const figures = { ...before, disclosed, keyErrors: reconciled.corrected / block.bits.length }
  const length = secretLength(statisticsOf(block, estimate.testErrors, disclosed), model, security)
  const alarm = judgeErrors("key", reconciled.corrected, block.bits.length, model)
  const isVerified = hasHash(block, reconciled)
  if (alarm !== undefined || !isVerified || length.kind === "none") {
    line.vouch(encodeAmplification({ bits: 0, seed: new Uint8Array() }))
    if (alarm !== undefined) return { kind: "alarm", alarm, figures }
    return { kind: "no key", why: length.kind === "none" ? length.why : UNVERIFIED, figures }
  }
  const { bits, phaseError } = length
  const seed = entropy(Math.ceil(toeplitzSeedBits(block.bits.length, bits) / 8))
  line.vouch(encodeAmplification({ bits, seed }))
  untampered(decodeAgreed(await line.hearVouched()))
  return { kind: "key", key: toeplitzHash(block.bits, seed, bits), figures: { ...figures, secret: bits, phaseError } }
}

/** Compares bases: what was sent in the test basis is told, in the key basis kept. */
function sift(record: SourceRecord, { slots, bases }: Detections): { readonly sifting: Bytes; readonly bits: Bytes } {
  const sifting = new Uint8Array(slots.length).fill(DROPPED)
  const bits = new Uint8Array(slots.length)
  let at = 0
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i] ?? 0
    while (at < record.slots.length && (record.slots[at] ?? 0) < slot) at++
    if (record.slots[at] !== slot) throw new LinkTampered("a click where nothing was sent")
    const sent = record.sent[at] ?? 0
    const basis = sent & TEST_BASIS
    if (basis !== bases[i]) continue
    sifting[i] = basis === 0 ? sent & ~BIT : sent
    bits[i] = sent & BIT
  }
  return { sifting, bits }
}

/** Tells parities until no more are asked for, and gives how many it told. */
async function answerQuestions(block: SiftedBlock, estimate: Estimate, { line }: RoundSettings): Promise<number> {
  const passes = passesFor(block.bits.length, estimate)
  let told = 0
  for (;;) {
    const questions = untampered(decodeQuestions(await line.hear()))
    if (questions.length === 0) return told
    told += questions.length
    // Whoever asks for more parities than there are bits is not correcting anything.
    if (told > block.bits.length || !questions.every((range) => isInside(range, passes, block.bits.length)))
      throw new LinkTampered("questions that no correction asks")
    line.say(encodeParities(parities(block.bits, passes, questions)))
  }
}

function isInside({ pass, start, length }: Range, passes: readonly Pass[], bits: number): boolean {
  return passes[pass] !== undefined && length > 0 && start + length <= bits
}

/** Whether the other end's corrected key is this one: two that differ have one hash with a chance below 2^-85. */
function hasHash(block: SiftedBlock, { hash, hashKey }: Reconciled): boolean {
  const packed = packBits(block.bits)
  const same = isTaggedBy(packed, hash, hashKey)
  wipe(packed)
  return same
}
