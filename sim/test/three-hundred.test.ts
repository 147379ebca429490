import { expect, test } from "vitest"

import { reportOf } from "../src/report.ts"
import { replayLine, runSeed, seedAmongAll } from "../src/run-seed.ts"
import { faultsOf } from "../src/verdict.ts"

const PARTS = 6
const RUNS = 300 / PARTS

// The first 300 seeds of all scenarios, in groups of three and four. Larger groups are for `npm run sim`.
const SEEDS = Array.from({ length: 300 }, (_, seed) => ({ ...seedAmongAll(seed), size: 3 + (seed % 2) }))

test.for(Array.from({ length: PARTS }, (_, part) => part * RUNS))(
  "300 seeds: no split, no lost message, no duplicated message, no removal out of force, no stuck member, and no untruth (from the %ith on)",
  { timeout: 600_000 },
  (from) => {
    const results = SEEDS.slice(from, from + RUNS).map(runSeed)
    const failing = results.filter(({ verdict }) => faultsOf(verdict).length > 0)
    expect(failing.map((result) => replayLine(result, ""))).toEqual([])
    expect(reportOf(results)).toMatchObject({
      runs: RUNS,
      splits: 0,
      lostMessages: 0,
      duplicatedMessages: 0,
      removalsNotInForce: 0,
      stuckMembers: 0,
    })
  },
)
