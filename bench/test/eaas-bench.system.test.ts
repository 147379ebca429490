import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"

import { expect, test } from "vitest"
import { z } from "zod"

const BENCH = fileURLToPath(new URL("../src/eaas-bench.ts", import.meta.url))
const Figure = z.strictObject({ figure: z.string(), value: z.number(), unit: z.string() })

/** The figures that a short run prints, by their names. */
function figuresOf(...options: readonly string[]): ReadonlyMap<string, number> {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BENCH, "--json", ...options], { encoding: "utf8" })
  if (status !== 0) throw new Error(stderr)
  const lines = stdout.trim().split("\n")
  const figures = lines.map((line) => Figure.parse(JSON.parse(line)))
  return new Map(figures.map(({ figure, value }) => [figure, value]))
}

test(
  "requests of a real platform with enrolled users are measured apart from their proofs, and its memory under load",
  { timeout: 400_000 },
  () => {
    const options = ["--short", "--users", "40"]
    const figures = figuresOf("--only", "requests", "--only", "memory", ...options)
    expect(figures.get("enrolled users")).toBe(40)
    expect([...figures.keys()]).toEqual([
      "enrolled users",
      "client's proof, median",
      "key requests",
      "key requests per core",
      "latency without the proof, p50, 16 at a time",
      "latency without the proof, p95, 16 at a time",
      "latency without the proof, p99, 16 at a time",
      "requests answered under load",
      "memory under load, peak",
      "memory at the end of the load, over that of its first fifth",
    ])
    expect(figures.get("memory under load, peak")).toBeGreaterThan(50)
  },
)

test("a first key is measured from the opening of its epoch, by a peer that starts then", { timeout: 400_000 }, () => {
  const figures = figuresOf("--only", "first-key", "--short")
  const wait = figures.get("first key after its epoch opened, from a cold start, median")!
  const start = figures.get("of it the start of the peer, median")!
  expect(start).toBeGreaterThan(100)
  expect(wait).toBeGreaterThan(start + figures.get("of it the proof, median")!)
  expect(wait).toBeLessThan(60_000)
})

test("taps that fill a pool are measured, through pcscd where there is one", { timeout: 900_000 }, () => {
  const figures = figuresOf("--only", "nfc")
  const [how, ...others] = new Set([...figures.keys()].map((figure) => figure.slice(0, figure.lastIndexOf(": "))))
  expect(others).toEqual([])
  expect(how).toMatch(/^nfc, (through pcscd|in memory)/)
  expect(figures.get(`${how}: taps to fill a pool of 65536 bytes`)).toBe(8)
  expect(figures.get(`${how}: bytes of key`)).toBeGreaterThan(500)
})

test("figures that there are not are an error", () => {
  expect(() => figuresOf("--only", "speed of light")).toThrow(
    "--only takes one of verification, proving, first-key, requests, memory",
  )
})
