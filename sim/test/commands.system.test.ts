import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { expect, test } from "vitest"

const SOURCES = join(import.meta.dirname, "../src")

function run(file: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(SOURCES, file), ...args], { encoding: "utf8" })
  return { status, stdout, stderr }
}

test.for([
  { file: "main.ts", args: ["--sedes", "3"], why: "Unknown option '--sedes'" },
  { file: "main.ts", args: ["3"], why: "Unexpected argument '3'" },
  { file: "main.ts", args: ["--seeds", "-3"], why: "Option '--seeds' argument is ambiguous" },
  { file: "main.ts", args: ["--seeds", "some"], why: "--seeds takes a whole number from 1, not some" },
  { file: "main.ts", args: ["--scenario", "rain"], why: "--scenario takes one of all, calm, " },
  { file: "main.ts", args: ["--baseline", "none"], why: "--baseline takes one of " },
  { file: "large.ts", args: ["--members", "2"], why: "--members takes a whole number from 3, not 2" },
  { file: "nightly.ts", args: ["--live", "1e3"], why: "--live takes a whole number from 3, not 1e3" },
])("$file $args ends with 2, what is wrong in one line, and how it is used", ({ file, args, why }) => {
  const { status, stdout, stderr } = run(file, ...args)
  const [first = "", second] = stderr.split("\n")
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" })
  expect(first.startsWith(why), first).toBe(true)
  expect(second).toMatch(/^npm run sim.*\[options\]$/)
  expect(stderr).not.toContain(" at ")
})

test.for(["main.ts", "large.ts", "nightly.ts"])("%s says with --help how it is used", (file) => {
  const { status, stdout, stderr } = run(file, "--help")
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" })
  expect(stdout).toMatch(/^npm run sim.*\n( {2}--.*\n)+$/)
})

test("a series goes on where it was broken off, of the same code alone", () => {
  const folder = mkdtempSync(join(tmpdir(), "starling-sim-"))
  try {
    const file = join(folder, "results")
    const play = (seeds: number) =>
      run("main.ts", "--scenario", "calm", "--size", "3", "--seeds", `${seeds}`, "--workers", "1", "--resume", file)
    expect(play(1).status).toBe(0)
    const whole = readFileSync(file, "utf8")
    writeFileSync(file, `${whole}{"code":"cut sh`)
    expect(play(2)).toMatchObject({ status: 0, stdout: expect.stringMatching(/2 runs of ours.*\n.*"runs":2/) })
    const lines = readFileSync(file, "utf8").split("\n")
    expect(lines).toHaveLength(4)
    expect(lines[0]).toBe(whole.trim())

    writeFileSync(file, whole.replace(/"code":"../, `"code":"zz`))
    const { status, stderr } = play(2)
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: `${file} holds runs of other code than this: name another file, or check that code out\n`,
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
})
