import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

import { nodeCrypto } from "@starling/mls/node"
import { describe, test } from "vitest"

import { CHECKS, WITHOUT_SUITE } from "./vectors/checks.ts"
import { readCases } from "./vectors/fields.ts"

const FOLDER = process.env["MLS_VECTORS"] ?? fileURLToPath(new URL("../../../../shared/vectors/mls", import.meta.url))
const absent = !existsSync(FOLDER)
const files = absent ? [] : readdirSync(FOLDER).filter((name) => name.endsWith(".json"))

test.skipIf(absent)("the official vectors are there (needs the official vectors)", ({ expect }) => {
  expect(files.length).toBeGreaterThan(0)
  for (const file of files) expect(Object.keys(CHECKS)).toContain(file.replace(".json", ""))
})

describe.for(files)("%s", (file) => {
  const kind = file.replace(".json", "")
  const check = CHECKS[kind]
  const cases = readCases(join(FOLDER, file))
  if (WITHOUT_SUITE.includes(kind)) {
    test(`all ${cases.length} cases hold`, () => {
      for (const fields of cases) check?.(nodeCrypto(1), fields)
    })
    return
  }
  test.for([1, 2, 3, 4, 5, 6, 7] as const)("the cases of suite %i hold", (suite, { expect }) => {
    const ofSuite = cases.filter((fields) => fields.number("cipher_suite") === suite)
    for (const fields of ofSuite) check?.(nodeCrypto(suite), fields)
    if (suite === 1) expect(ofSuite.length).toBeGreaterThan(0)
  })
})
