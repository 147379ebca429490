import * as fc from "fast-check"
import { expect, test } from "vitest"

import { addSeq, countParts, hasSeq, missingFrom, partOf, sharedBy, type SeqSet } from "@starling/messenger/parts"

const numbers = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 30 })
const setOf = (members: readonly number[]): SeqSet => members.reduce<SeqSet>(addSeq, [])
const membersOf = (set: SeqSet): number[] => Array.from({ length: 41 }, (_, i) => i).filter((seq) => hasSeq(set, seq))

test("a set of sequence numbers behaves as a set, and keeps few ranges", () => {
  fc.assert(
    fc.property(numbers, numbers, (one, other) => {
      const [a, b] = [setOf(one), setOf(other)]
      expect(membersOf(a)).toEqual([...new Set(one)].sort((x, y) => x - y))
      expect(membersOf(missingFrom(a, b))).toEqual(membersOf(a).filter((seq) => !hasSeq(b, seq)))
      expect(membersOf(sharedBy(a, b))).toEqual(membersOf(a).filter((seq) => hasSeq(b, seq)))
      for (const [i, range] of a.entries()) expect(range.from).toBeGreaterThan((a[i - 1]?.to ?? -1) + 1)
    }),
  )
})

test("sets of ten thousand ranges are compared in one go through both", () => {
  const even = Array.from({ length: 20_000 }, (_, i) => ({ from: 2 * i + 2, to: 2 * i + 2 }))
  const odd = even.map(({ from }) => ({ from: from - 1, to: from - 1 }))
  let looks = 0
  const counting = odd.map(({ from, to }) => ({
    get from() {
      looks++
      return from
    },
    to,
  }))
  expect(missingFrom(even, counting)).toEqual(even)
  expect(looks).toBeLessThan(100_000)
  expect(hasSeq(even, 39_998)).toBe(true)
  expect(hasSeq(even, 39_999)).toBe(false)
})

test.for([0, 1, 64, 65, 128, 130])("a set of %i ranges is told in parts that together leave nothing out", (count) => {
  const set = Array.from({ length: count }, (_, i) => ({ from: 3 * i + 2, to: 3 * i + 3 }))
  const vector = new Map([["a", set]])
  const parts = Array.from({ length: countParts(vector) }, (_, turn) => partOf(vector, turn))
  expect(parts.flatMap(({ messages }) => messages.get("a") ?? []).sort((a, b) => a.from - b.from)).toEqual(set)
  // Each number between and behind the ranges is asked for in one of the parts, and in that one alone.
  for (let seq = 1; seq <= 3 * count + 10; seq++) {
    if (hasSeq(set, seq)) continue
    const asking = parts.filter(({ untold }) => !hasSeq(untold.get("a") ?? [], seq))
    expect(asking, `${seq}`).toHaveLength(1)
  }
  for (const { messages, untold } of parts) {
    expect(messages.get("a")?.length ?? 0).toBeLessThanOrEqual(64)
    expect(sharedBy(messages.get("a") ?? [], untold.get("a") ?? [])).toEqual([])
  }
})
