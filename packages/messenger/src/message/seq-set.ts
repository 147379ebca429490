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
  let [low, high] = [0, set.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((set[middle]?.to ?? Infinity) < seq) low = middle + 1
    else high = middle
  }
  return (set[low]?.from ?? Infinity) <= seq
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

/** The numbers of `one` that `other` lacks, ascending, as ranges: each of both is looked at once. */
export function missingFrom(one: SeqSet, other: SeqSet): SeqSet {
  const missing: SeqRange[] = []
  let next = 0
  for (const range of one) {
    let at = range.from
    for (let held = other[next]; held !== undefined && held.from <= range.to; held = other[++next]) {
      if (held.from > at) missing.push({ from: at, to: held.from - 1 })
      at = Math.max(at, held.to + 1)
      // It may reach into the next range of `one`.
      if (held.to > range.to) break
    }
    if (at <= range.to) missing.push({ from: at, to: range.to })
  }
  return missing
}

export function* descending(set: SeqSet): Generator<number> {
  for (const { from, to } of set.toReversed()) for (let seq = to; seq >= from; seq--) yield seq
}

/** The greatest number, 0 of an empty set. */
export function lastOf(set: SeqSet): number {
  return set.at(-1)?.to ?? 0
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

export function newestRanges(set: SeqSet, most: number): SeqSet {
  return set.length > most ? set.slice(-most) : set
}

/** The vector with at most `maxRanges` ranges over all of its devices. */
export function boundVector(vector: MessageVector, maxRanges: number): MessageVector {
  const bounded = new Map<DeviceKey, SeqSet>()
  let left = maxRanges
  for (const [device, set] of vector) {
    if (left === 0) break
    bounded.set(device, newestRanges(set, left))
    left -= Math.min(left, set.length)
  }
  return bounded
}

/** Which of the parts of a vector that fit into one frame are told, counted from the newest on, and what is left out. */
export interface VectorPart {
  readonly messages: MessageVector
  readonly untold: MessageVector
}

/** Sets of more ranges than fit into a frame are told in parts; the part before the first comes after the last. */
export function partOf(vector: MessageVector, turn: number): VectorPart {
  const parts = new Map(Array.from(vector, ([device, set]) => [device, partOfSet(set, turn)] as const))
  const untold = [...parts].filter(([, part]) => part.untold.length > 0)
  return {
    messages: new Map(Array.from(parts, ([device, { told }]) => [device, told])),
    untold: new Map(Array.from(untold, ([device, part]) => [device, part.untold])),
  }
}

/** In how many parts a vector is told. */
export function countParts(vector: MessageVector): number {
  return Math.max(1, ...Array.from(vector.values(), ({ length }) => Math.ceil(length / MAX_RANGES)))
}

function partOfSet(set: SeqSet, turn: number): { readonly told: SeqSet; readonly untold: SeqSet } {
  const parts = Math.max(1, Math.ceil(set.length / MAX_RANGES))
  const end = set.length - (turn % parts) * MAX_RANGES
  const told = set.slice(Math.max(0, end - MAX_RANGES), end)
  const below = set[end - MAX_RANGES - 1]
  const above = set[end]
  const last = told.at(-1)
  return {
    told,
    untold: [
      ...(below === undefined ? [] : [{ from: 1, to: below.to }]),
      ...(above === undefined || last === undefined ? [] : [{ from: last.to + 1, to: Number.MAX_SAFE_INTEGER }]),
    ],
  }
}

export function addToVector(vector: MessageVector, device: DeviceKey, seq: number): MessageVector {
  return new Map(vector).set(device, addSeq(vector.get(device) ?? [], seq))
}

/** At most `maxRanges` ranges a device, the newest ones. */
export function writeMessageVector(writer: Writer, vector: MessageVector, maxRanges = MAX_RANGES): void {
  writer.vector(vector, (w, [device, set]) => {
    w.fixed(bytesOf(device))
    writeSeqSet(w, set, maxRanges)
  })
}

export function writeSeqSet(writer: Writer, set: SeqSet, maxRanges = MAX_RANGES): void {
  writer.vector(newestRanges(set, maxRanges), (w, range) => w.uint64(BigInt(range.from)).uint64(BigInt(range.to)))
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
