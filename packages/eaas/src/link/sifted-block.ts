import { wipe } from "@starling/kernel"
import type { Triple } from "./link-model.ts"
import type { BlockStatistics } from "./finite-key.ts"
import { DROPPED } from "./link-messages.ts"
import { BIT, INTENSITY_SHIFT, TEST_BASIS } from "./transmit.ts"

/** What one end has of a block after sifting: its key, one bit per byte, and the counts that both ends have. */
export interface SiftedBlock {
  readonly bits: Uint8Array<ArrayBuffer>
  /** All clicks whose bases were the same, by intensity and basis. */
  readonly key: Triple
  readonly test: Triple
}

/** `sifting` is the source's answer; `bitOf` tells this end's own bit at a click. */
export function siftedBlock(sifting: Uint8Array, bitOf: (click: number) => number): SiftedBlock {
  const counts = { key: [0, 0, 0], test: [0, 0, 0] }
  const bits = new Uint8Array(sifting.length)
  let length = 0
  for (let i = 0; i < sifting.length; i++) {
    const value = sifting[i] ?? DROPPED
    if (value === DROPPED) continue
    const intensity = value >> INTENSITY_SHIFT
    const isTest = (value & TEST_BASIS) !== 0
    const count = isTest ? counts.test : counts.key
    count[intensity] = (count[intensity] ?? 0) + 1
    if (!isTest) bits[length++] = bitOf(i) & BIT
  }
  const block = { bits: bits.slice(0, length), key: triple(counts.key), test: triple(counts.test) }
  wipe(bits)
  return block
}

/** Wrong bits in the test basis by intensity: only the detector's end, which knows both, can count them. */
export function testErrors(sifting: Uint8Array, seenAt: (click: number) => number): Triple {
  const counts = [0, 0, 0]
  for (let i = 0; i < sifting.length; i++) {
    const value = sifting[i] ?? DROPPED
    if (value === DROPPED || (value & TEST_BASIS) === 0) continue
    const intensity = value >> INTENSITY_SHIFT
    counts[intensity] = (counts[intensity] ?? 0) + ((value ^ seenAt(i)) & BIT)
  }
  return triple(counts)
}

export function statisticsOf(block: SiftedBlock, errors: Triple, disclosed: number): BlockStatistics {
  return { key: block.key, test: block.test, testErrors: errors, disclosed }
}

/** All clicks with equal bases, by intensity. */
export function clicksOf({ key, test }: SiftedBlock): Triple {
  return [key[0] + test[0], key[1] + test[1], key[2] + test[2]]
}

export function total(counts: Triple): number {
  return counts[0] + counts[1] + counts[2]
}

/** Eight bits to a byte, the first highest. */
export function packBits(bits: Uint8Array): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(Math.ceil(bits.length / 8))
  for (let i = 0; i < bits.length; i++) packed[i >> 3] = (packed[i >> 3] ?? 0) | ((bits[i] ?? 0) << (7 - (i & 7)))
  return packed
}

function triple([a = 0, b = 0, c = 0]: readonly number[]): Triple {
  return [a, b, c]
}
