import { expect, test } from "vitest"

import { COMPOSITIONS } from "./compositions.ts"
import { runRandomOperations } from "./random-operations.ts"

/** Suites on P-521 and P-384, on which an operation takes ten times as long: one seed each. */
const SLOW: ReadonlySet<number> = new Set([5, 7])

const RUNS = COMPOSITIONS.flatMap(({ suite, engines }) =>
  (SLOW.has(suite) ? ["1"] : ["1", "2"]).map((seed) => ({
    suite,
    engines,
    seed,
    who: engines.map(({ name }) => name).join(" and "),
  })),
)

test.for(RUNS)("$who agree under random operations in suite $suite (seed $seed)", async ({ suite, engines, seed }) => {
  const tally = await runRandomOperations({ seed, suite, engines, operations: 40, most: 12 })
  expect(tally.read).toBeGreaterThan(500)
  expect(tally.withheld).toBeGreaterThan(100)
  for (const { name, commits } of engines) {
    expect(tally.joins.get(name)).toBeGreaterThan(2)
    expect(tally.removals.get(name)).toBeGreaterThan(0)
    if (commits !== "adds-own") expect(tally.commits.get(name)).toBeGreaterThan(2)
  }
})
