import { spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

import { expect, test } from "vitest"
import { z } from "zod"

import { OPERATIONS } from "../src/mls/operations.ts"
import { parseOptions } from "../src/mls/options.ts"

const COMMAND = fileURLToPath(new URL("../src/mls-bench.ts", import.meta.url))

const Figure = z.number().positive()
const Line = z.strictObject({
  op: z.enum(OPERATIONS),
  n: z.number(),
  suite: z.number(),
  cpuUs: Figure,
  primitiveUs: Figure,
  tsMlsStockUs: Figure.nullable(),
  tsMlsProviderUs: Figure.nullable(),
  openMlsWasmUs: Figure.nullable(),
})
type Line = z.infer<typeof Line>

function run(...args: readonly string[]) {
  return spawnSync(process.execPath, [COMMAND, ...args], { encoding: "utf8" })
}

function linesOf(output: string): readonly Line[] {
  return output
    .trim()
    .split("\n")
    .map((line) => Line.parse(JSON.parse(line)))
}

test("the benchmark of the MLS engine prints a figure for each operation and each engine", () => {
  const { stdout, status } = run("--quick", "--json")
  expect(status).toBe(0)
  const lines = linesOf(stdout)
  // Of two members, nobody is left to process a removal.
  expect(lines).toHaveLength(2 * (9 + 10))
  for (const { suite, tsMlsStockUs, tsMlsProviderUs, openMlsWasmUs } of lines) {
    for (const us of [tsMlsStockUs, tsMlsProviderUs, openMlsWasmUs]) {
      if (suite === 1) expect(us).toBeGreaterThan(0)
      else expect(us).toBeNull()
    }
  }
  const sum = (figure: "cpuUs" | "primitiveUs") => lines.reduce((us, line) => us + line[figure], 0)
  expect(sum("primitiveUs")).toBeLessThan(2 * sum("cpuUs"))
})

test("it measures what it is asked to, and writes tables and plots", () => {
  const folder = mkdtempSync(join(tmpdir(), "starling-mls-bench-"))
  try {
    const asked = ["--n", "3", "--op", "update.create,join", "--suite", "1", "--no-baselines", "--worker"]
    expect(run("--quick", ...asked, "--out", folder).status).toBe(0)
    expect(readdirSync(folder).toSorted()).toEqual(["README.md", "join.svg", "results.json", "update.svg"])
    const { rows, worker } = z
      .object({
        rows: z.array(z.object({ op: z.string(), calls: z.record(z.string(), z.number()) })),
        worker: z.object({ operations: z.array(z.object({ inlineUs: Figure, workerUs: Figure })) }),
      })
      .parse(JSON.parse(readFileSync(join(folder, "results.json"), "utf8")))
    expect(rows.map(({ op }) => op)).toEqual(["update.create", "join"])
    // A path of two parents in a tree of three, and the leaf; each encrypted to one.
    expect(rows[0]?.calls).toMatchObject({ "kem.deriveKeyPair": 3, "kem.encapsulate": 2, sign: 2 })
    expect(rows[1]?.calls).toMatchObject({ "kem.decapsulate": 1, verify: 5 })
    expect(worker.operations).toHaveLength(5)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test.for([
  { args: ["--n", "1"], says: '--n does not take "1"' },
  { args: ["--n", "2,many"], says: '--n does not take "many"' },
  { args: ["--op", "send"], says: '--op does not take "send"' },
  { args: ["--suite", "8"], says: '--suite does not take "8"' },
  { args: ["--nowhere"], says: "--nowhere" },
])("$args is refused with what is wrong and what there is", ({ args, says }) => {
  const { stderr, stdout, status } = run(...args)
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" })
  expect(stderr).toContain(says)
  expect(stderr).toContain("--no-baselines")
})

test("sizes are measured from small to large, each once", () => {
  expect(parseOptions(["--n", "100,2,100", "--suite", "77"])).toMatchObject({ sizes: [2, 100], suites: [77] })
})
