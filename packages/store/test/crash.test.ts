import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import * as fc from "fast-check"
import { expect, test } from "vitest"

import { fromUtf8 } from "@starling/kernel"

import { open, temporaryFolder } from "./folders.ts"

const SCRIPT = join(import.meta.dirname, "children", "commit-rows.ts")

/** Lets a process commit until it has acknowledged `rows` more rows, and kills it in the midst of its work. */
async function commitUntilKilled(folder: string, rows: number): Promise<number> {
  const child = spawn(process.execPath, [SCRIPT, folder], { stdio: ["ignore", "pipe", "inherit"] })
  const gone = once(child, "close")
  let printed = ""
  child.stdout.on("data", (text: Buffer) => {
    printed += text.toString()
    if (printed.split("\n").length > rows) child.kill("SIGKILL")
  })
  await gone
  return Number(printed.split("\n").at(-2))
}

test(
  "whatever was acknowledged before a kill is there afterwards, and no commit is there in part",
  { timeout: 60_000 },
  async () => {
    using folder = temporaryFolder()
    for (const rows of fc.sample(fc.integer({ min: 1, max: 250 }), { numRuns: 12, seed: 2 })) {
      const last = await commitUntilKilled(folder.path, rows)
      using store = open(folder.path)
      const [a, b, c] = ["a", "b", "c"].map((partition) => store.list("numbers", partition))
      expect(a!.length).toBeGreaterThanOrEqual(last + 1)
      expect(b).toHaveLength(a!.length)
      expect(c).toHaveLength(a!.length)
      for (const [number, row] of a!.entries()) {
        expect(row.key).toBe(`${number}`)
        expect(fromUtf8(row.value)).toBe(`${number} `.repeat(number % 400))
      }
    }
  },
)
