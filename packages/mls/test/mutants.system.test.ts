import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"

import { withEdit } from "@starling/mutation"
import { expect, test } from "vitest"

import { editsOf, mutantNames } from "../scripts/mutants.ts"

const FUZZ = fileURLToPath(new URL("../scripts/fuzz.ts", import.meta.url))
const BOUND = ["--operations", "200", "--members", "16", "--seed", "2", "--json"]

/** Ended by itself: with what, and its one line. */
function run(...options: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [FUZZ, ...BOUND, ...options], { encoding: "utf8" })
  const result: unknown = stdout === "" ? stderr : JSON.parse(stdout)
  return { status, result }
}

test("without a fault a short run finds no disagreement", () => {
  expect(run()).toMatchObject({ status: 0, result: { operations: 200, disagreements: 0, fault: null } })
})

test.for(mutantNames)("a short run finds the mutant %s", (name) => {
  expect(run("--mutant", name)).toMatchObject({ status: 1, result: { disagreements: 1, fault: expect.any(String) } })
})

test("a mutant that does not fit the source is an error, and so is one that there is not", () => {
  const edit = { file: "any.ts", from: "once", to: "" }
  expect(withEdit("exactly once", edit)).toBe("exactly ")
  expect(() => withEdit("not at all", edit)).toThrow("0 times")
  expect(() => withEdit("once and once more", edit)).toThrow("2 times")
  expect(() => editsOf("no such fault")).toThrow(RangeError)
  expect(run("--mutant", "no such fault").status).toBe(2)
})
