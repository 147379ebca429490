import { expect, test } from "vitest"

import { decodeCheckpoint, encodeCheckpoint } from "./fuzz/checkpoint.ts"
import type { FuzzGroup } from "./fuzz/fuzz-group.ts"
import { fuzz } from "./fuzz/run.ts"

test.for(["1", "2"])("random operations keep everybody in one epoch and the removed out (seed %s)", (seed) => {
  const result = fuzz({ seed, operations: 250, members: 12 })
  expect(result.fault).toBeUndefined()
  expect(result).toMatchObject({ operations: 250, disagreements: 0 })
  expect(result.removals).toBeGreaterThan(30)
  expect(result.attempts).toBeGreaterThan(5000)
})

test("a run that goes on from a checkpoint is the run that was never interrupted", () => {
  const options = { seed: "interrupted", operations: 260, members: 6 }
  let checkpoint: Uint8Array | undefined
  const whole = fuzz(options, undefined, (group: FuzzGroup) => {
    checkpoint = encodeCheckpoint(options.seed, group)
  })
  if (checkpoint === undefined) throw new Error("nothing was saved")
  const resumed = decodeCheckpoint(checkpoint, options.seed)
  expect(resumed.operation).toBe(250)
  expect(fuzz(options, resumed)).toEqual(whole)
  const saved = checkpoint
  expect(() => decodeCheckpoint(saved, "another")).toThrow(RangeError)
})
