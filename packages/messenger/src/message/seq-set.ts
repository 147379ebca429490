import { toHex } from "@starling/kernel"
import type { Reader, Writer } from "@starling/wire"

import type { DeviceKey } from "../identity/device-certificate.ts"
import { MAX_DEVICES, MAX_RANGES } from "../limits.ts"
import { bytesOf } from "../record/operation.ts"
import { readSeq } from "../record/record.ts"

/** A set of sequence numbers as disjoint ranges, ascending, with a gap between neighbours. Both ends belong to a range. */
export type SeqSet = readonly SeqRange[]
export interface SeqRange {
  readonly from: number
  readonly to: number
}

/** Which messages of each device are held, of one group. */
export type MessageVector = ReadonlyMap<DeviceKey, SeqSet>

export function hasSeq(set: SeqSet, seq: number): boolean {
  return set.some((range) => range.from <= seq && seq <= range.to)
}

export function addSeq(set: SeqSet, seq: number): SeqSet {
  if (hasSeq(set, seq)) return set
  const below = set.filter((range) => range.to < seq - 1)
  const above = set.filter((range) => range.from > seq + 1)
  const touching = set.filter((range) => range.to === seq - 1 || range.from === seq + 1)
  const from = Math.min(seq, ...touching.map((range) => range.from))
  const to = Math.max(seq, ...touching.map((range) => range.to))
  return [...below, { from, to }, ...above]
}

/** The numbers of `one` that `other` lacks, ascending, as ranges. */
export function missingFrom(one: SeqSet, other: SeqSet): SeqSet {
  const missing: SeqRange[] = []
  for (const range of one) {
    let at = range.from
    for (const held of other) {
      if (held.to < at || held.from > range.to) continue
      if (held.from > at) missing.push({ from: at, to: held.from - 1 })
      at = held.to + 1
    }
    if (at <= range.to) missing.push({ from: at, to: range.to })
  }
  return missing
}

/** The numbers that both have. */
export function sharedBy(one: SeqSet, other: SeqSet): SeqSet {
  return missingFrom(one, missingFrom(one, other))
}

/** The numbers that either has. */
export function joinSets(one: SeqSet, other: SeqSet): SeqSet {
  const joined: SeqRange[] = []
  for (const range of [...one, ...missingFrom(other, one)].sort((a, b) => a.from - b.from)) {
    const last = joined.at(-1)
    if (last !== undefined && last.to === range.from - 1) joined[joined.length - 1] = { from: last.from, to: range.to }
    else joined.push(range)
  }
  return joined
}

export function joinVectors(one: MessageVector, other: MessageVector): MessageVector {
  const joined = new Map(one)
  for (const [device, set] of other) joined.set(device, joinSets(joined.get(device) ?? [], set))
  return joined
}

/** The vector with at most `maxRanges` ranges over all of its devices. */
export function boundVector(vector: MessageVector, maxRanges: number): MessageVector {
  const bounded = new Map<DeviceKey, SeqSet>()
  let left = maxRanges
  for (const [device, set] of vector) {
    if (left === 0) break
    bounded.set(device, set.slice(0, left))
    left -= Math.min(left, set.length)
  }
  return bounded
}

export function addToVector(vector: MessageVector, device: DeviceKey, seq: number): MessageVector {
  return new Map(vector).set(device, addSeq(vector.get(device) ?? [], seq))
}

/** At most `maxRanges` ranges a device: a message that is cut off is only sent once more. */
export function writeMessageVector(writer: Writer, vector: MessageVector, maxRanges = MAX_RANGES): void {
  writer.vector(vector, (w, [device, set]) => {
    w.fixed(bytesOf(device))
    writeSeqSet(w, set, maxRanges)
  })
}

export function writeSeqSet(writer: Writer, set: SeqSet, maxRanges = MAX_RANGES): void {
  writer.vector(set.slice(0, maxRanges), (w, range) => w.uint64(BigInt(range.from)).uint64(BigInt(range.to)))
}

/** Of the network: bounded as written. Of our own store, `maxRanges` is without a bound. */
export function readMessageVector(reader: Reader, maxRanges = MAX_RANGES): MessageVector {
  return new Map(reader.vector((r): [DeviceKey, SeqSet] => [toHex(r.fixed(32)), readSeqSet(r, maxRanges)], MAX_DEVICES))
}

export function readSeqSet(reader: Reader, maxRanges = MAX_RANGES): SeqSet {
  let last = -1
  return reader.vector((r) => {
    const range = { from: readSeq(r), to: readSeq(r) }
    if (range.from <= last + 1 || range.to < range.from) r.fail("ranges out of order")
    last = range.to
    return range
  }, maxRanges)
}
