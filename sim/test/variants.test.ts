import { withEdit } from "@starling/mutation"
import { expect, test } from "vitest"

import { BASELINES } from "../src/baseline-modules.ts"
import { MUTANTS, editsOf, mutantNamed } from "../src/mutants.ts"
import { faultyRuns, reportOf } from "../src/report.ts"
import type { RunResult } from "../src/run-seed.ts"
import { runSeeds } from "../src/run-seeds.ts"
import { OURS } from "../src/variant.ts"

/** What the messenger draws, and so which seed shows a fault, moves with every change to it: seeds looked through for each. */
const SEARCHED = 48
const LONG = { timeout: 600_000 }

test.for(Object.keys(MUTANTS))(
  "the simulator catches the mutant %s, and nothing where it is not",
  LONG,
  async (name) => {
    const { scenario, seed, size } = mutantNamed(name).caughtIn
    for (let from = seed; from < seed + SEARCHED; from++) {
      const [caught] = faultyRuns(await runSeeds([{ scenario, seed: from, size }], 1, { kind: "mutant", name }))
      if (caught === undefined) continue
      const whole = await runSeeds([{ scenario, seed: caught.seed, size }], 1, OURS)
      expect(faultyRuns(whole), name).toEqual([])
      return
    }
    expect.fail(`${name} went through ${SEARCHED} seeds of ${scenario} unnoticed`)
  },
)

const BEYOND_RULES = [0, 1].map((seed) => ({ scenario: "long-partition", seed, size: 4 }))
let ours: Promise<readonly RunResult[]> | undefined

test.for([...BASELINES])(
  "the rule %s leaves groups split or members behind where ours does not",
  LONG,
  async (name) => {
    const theirs = reportOf(await runSeeds(BEYOND_RULES, 1, { kind: "baseline", name }))
    expect(theirs.splits + theirs.stuckMembers + theirs.lostMessages).toBeGreaterThan(0)
    const none = { splits: 0, stuckMembers: 0, lostMessages: 0 }
    expect(reportOf(await (ours ??= runSeeds(BEYOND_RULES, 1, OURS)))).toMatchObject(none)
  },
)

test("a mutant that does not fit the source is an error, and so is one that there is not", () => {
  const edit = { file: "any.ts", from: "once", to: "" }
  expect(withEdit("exactly once", edit)).toBe("exactly ")
  expect(() => withEdit("not at all", edit)).toThrow("0 times")
  expect(() => withEdit("once and once more", edit)).toThrow("2 times")
  expect(() => editsOf("no such fault")).toThrow(RangeError)
})
