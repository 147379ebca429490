import { expect, test } from "vitest"

import { wrongEdges } from "../check-edges.ts"
import { licenceConflicts } from "../check-licences.ts"

test("packages import along the drawn edges only", () => {
  expect(wrongEdges()).toEqual([])
})

test("no shipped dependency's licence conflicts", () => {
  const { conflicts, checked } = licenceConflicts()
  expect(conflicts).toEqual([])
  expect(checked).toBeGreaterThan(50)
})
