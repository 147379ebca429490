import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"

import { fromUtf8 } from "@starling/kernel"

import { open, temporaryFolder } from "./folders.ts"
import { filesAfterPowerLoss } from "./power-loss.ts"
import { canTrace, record, type Operation } from "./recorded-writes.ts"

const SCRIPT = join(import.meta.dirname, "children", "commit-and-close.ts")
const ROWS = 15

/** What is wrong with the store that is left after a power loss; `undefined` where all is well. */
function harm(files: ReadonlyMap<string, Buffer>, acknowledged: number): string | undefined {
  using folder = temporaryFolder()
  const home = join(folder.path, "store")
  mkdirSync(home)
  for (const [name, bytes] of files) writeFileSync(join(home, name), bytes)
  try {
    using store = open(home)
    const a = store.list("numbers", "a")
    if (a.length < acknowledged) return `${acknowledged} rows were acknowledged, ${a.length} are left`
    if (store.list("numbers", "b").length !== a.length) return "a commit is there in part"
    const right = a.every((row, at) => row.key === `${at}` && fromUtf8(row.value)?.startsWith(`${at} `) === true)
    return right ? undefined : "a row has another value"
  } catch (error) {
    return String(error)
  }
}

/** Power losses after everything that was said, before every sync, and at random moments; all of the unsynced is lost, or half. */
function* losses(operations: readonly Operation[], seed: number): Generator<{ after: number; share: number }> {
  const said = operations.flatMap((operation, at) => (operation.kind === "said" ? [at + 1] : []))
  const syncs = operations.flatMap((operation, at) => (operation.kind === "sync" ? [at] : []))
  const random = fc.sample(fc.nat(operations.length), { numRuns: 60, seed })
  for (const after of [...said, ...syncs, ...random]) for (const share of [0, 0.5]) yield { after, share }
}

function firstHarm(operations: readonly Operation[], unsynced?: RegExp): string | undefined {
  for (const { after, share } of losses(operations, 7)) {
    const done = operations.slice(0, after)
    const acknowledged = done.filter(({ kind }) => kind === "said").length
    const coin = generator(after)
    const found = harm(
      filesAfterPowerLoss(done, () => coin() < share, unsynced),
      acknowledged,
    )
    if (found !== undefined) return `after ${after} operations: ${found}`
  }
  return undefined
}

/** Uniform in [0, 1) and the same for the same seed: xorshift32. */
function generator(seed: number): () => number {
  let state = (seed + 1) * 0x9e3779b9
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

describe.skipIf(!canTrace)("when the power fails (needs strace)", () => {
  using folder = temporaryFolder()
  const home = join(folder.path, "store")
  mkdirSync(home)
  const operations = canTrace ? record(SCRIPT, home) : []

  test("the recording holds every kind of step", () => {
    const kinds = new Set(operations.map(({ kind }) => kind))
    expect(kinds).toEqual(new Set(["create", "write", "sync", "said", "truncate", "unlink"]))
    expect(operations.filter(({ kind }) => kind === "said")).toHaveLength(ROWS)
  })

  test(
    "whatever was acknowledged is left, whole, at any moment and whichever sectors are lost",
    { timeout: 60_000 },
    () => {
      expect(firstHarm(operations)).toBeUndefined()
    },
  )

  test.for([
    { name: "the log", unsynced: /-wal$/ },
    { name: "the main file", unsynced: /\.sqlite$/ },
    { name: "the journal of the first tables", unsynced: /\.sqlite-journal$/ },
    { name: "the folder", unsynced: /^\.$/ },
  ])("without the syncs of $name something would be lost", { timeout: 60_000 }, ({ unsynced }) => {
    expect(firstHarm(operations, unsynced)).toBeTypeOf("string")
  })
})
