import { expect, test } from "vitest"

import { replayLine, runSeed } from "../src/run-seed.ts"

test.for(["all-faults", "everything", "backup", "crash"])(
  "a seed of %s plays the same events again, and another one others",
  (scenario) => {
    const first = runSeed({ scenario, seed: 7, size: 3 })
    expect(first.digest).toMatch(/^[0-9a-f]{64}$/)
    const { cpuMs: _, ...again } = runSeed({ scenario, seed: 7, size: 3 })
    expect(first).toMatchObject(again)
    expect(runSeed({ scenario, seed: 8, size: 3 }).digest).not.toBe(first.digest)
  },
)

test("a failing run names the command that plays it again", () => {
  const result = runSeed({ scenario: "calm", seed: 3, size: 3 })
  const verdict = { ...result.verdict, splits: ["p00 against p01"] }
  expect(replayLine({ ...result, verdict }, "")).toBe(
    "npm run sim -- --scenario calm --seeds 1 --seed-base 3 --size 3  # splits: p00 against p01",
  )
})
