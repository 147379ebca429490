import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"

import { expect, test } from "vitest"

const COMMAND = fileURLToPath(new URL("../src/mls-bench.ts", import.meta.url))

test("the benchmark of the MLS engine prints a figure for each operation and each rival", () => {
  const args = [COMMAND, "--quick", "--json", "--n", "2,10", "--suite", "1,77"]
  const lines = execFileSync(process.execPath, args, { encoding: "utf8" }).trim().split("\n")
  const figures = lines.map((line): Record<string, unknown> => JSON.parse(line))
  expect(figures).toHaveLength(2 * (9 + 10))
  for (const { suite, cpuUs, primitiveUs, tsMlsStockUs, tsMlsProviderUs, openMlsWasmUs } of figures) {
    for (const us of [cpuUs, primitiveUs]) expect(us).toBeGreaterThan(0)
    for (const us of [tsMlsStockUs, tsMlsProviderUs]) {
      if (suite === 1) expect(us).toBeGreaterThan(0)
      else expect(us).toBeNull()
    }
    expect(openMlsWasmUs).toBeNull()
  }
})
