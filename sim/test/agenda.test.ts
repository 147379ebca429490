import * as fc from "fast-check"
import { expect, test } from "vitest"

import { Agenda } from "../src/agenda.ts"

test("what is due comes by time, then by rank, then in the order in which it was noted", () => {
  const entry = fc.record({ at: fc.nat(5), rank: fc.nat(2) })
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 60 }), (entries) => {
      const agenda = new Agenda<number>()
      for (const [i, { at, rank }] of entries.entries()) agenda.add(at, i, rank)
      const expected = [...entries.keys()].sort((a, b) => {
        const [one, other] = [entries[a]!, entries[b]!]
        return one.at - other.at || one.rank - other.rank || a - b
      })
      const taken: (number | undefined)[] = []
      while (agenda.next < Infinity) taken.push(agenda.take())
      expect(taken).toEqual(expected)
      expect(agenda.take()).toBeUndefined()
    }),
  )
})
