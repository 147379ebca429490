import { expect, test } from "vitest"

import { COMPOSITIONS } from "./compositions.ts"
import { runRandomOperations } from "./random-operations.ts"

/** More seeds, and longer ones, are for `npm run oracle:mls`. */
const RUNS = COMPOSITIONS.map(({ suite, engines }) => ({
  suite,
  engines,
  seed: "1",
  who: engines.map(({ name }) => name).join(" and "),
}))

test.for(RUNS)("$who agree under random operations in suite $suite", async ({ suite, engines, seed }) => {
  const tally = await runRandomOperations({ seed, suite, engines, operations: 40, most: 12 })
  expect(tally.read).toBeGreaterThan(500)
  expect(tally.withheld).toBeGreaterThan(100)
  for (const { name, commits } of engines) {
    expect(tally.joins.get(name)).toBeGreaterThan(2)
    expect(tally.removals.get(name)).toBeGreaterThan(0)
    if (commits !== "adds-own") expect(tally.commits.get(name)).toBeGreaterThan(2)
  }
})
