import * as fc from "fast-check"
import { expect, test } from "vitest"

import { addSeq, hasSeq, missingFrom, sharedBy, type SeqSet } from "@starling/messenger/parts"

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
