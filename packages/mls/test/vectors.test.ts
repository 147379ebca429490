import { describe, expect, test } from "vitest"

import { officialVectors, providerOf } from "#platform"

import { check, kindOf, suiteOf } from "./vectors/checks.ts"
import { readCases } from "./vectors/fields.ts"
import { SUITES } from "./world.ts"

const files = await officialVectors()

test.skipIf(files.size === 0)("the official vectors are there (needs the official vectors)", () => {
  for (const name of files.keys()) expect(kindOf(name)).toBeDefined()
})

describe.for([...files])("%s", ([name, text]) => {
  const kind = kindOf(name) ?? name
  const bySuite = Map.groupBy(readCases(text), (fields) => suiteOf(kind, fields))
  test.for([...bySuite.keys()])("the cases of suite %s hold", (suite) => {
    const id = SUITES.find((each) => each === (suite ?? 1))
    if (id === undefined) throw new RangeError(`there is no provider for suite ${suite}`)
    const crypto = providerOf(id)
    for (const fields of bySuite.get(suite) ?? []) check(kind, crypto, fields)
  })

  test("it has cases of every suite, or of suite 1, or of none", () => {
    const suites = [...bySuite.keys()].toSorted((a = 0, b = 0) => a - b)
    expect([[1, 2, 3, 4, 5, 6, 7], [1], [undefined]]).toContainEqual(suites)
  })
})
