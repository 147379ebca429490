import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { expect, test } from "vitest"

import { fromUtf8, Secret } from "@starling/kernel"
import { openStore } from "@starling/store"

import { PowerLossDisk, type IgnoredSync } from "../src/power-loss/disk.ts"
import { recordDisk, type DiskEvent } from "../src/power-loss/recording.ts"
import { seededChance } from "../src/seeded-chance.ts"

const CHILD = join(import.meta.dirname, "children/commit-rows.ts")
const withoutStrace = spawnSync("strace", ["-V"]).error !== undefined
let recording: Promise<readonly DiskEvent[]> | undefined

/** The same recording serves every test of this file. */
function recorded(): Promise<readonly DiskEvent[]> {
  recording ??= (async () => {
    const folder = mkdtempSync(join(tmpdir(), "starling-recorded-"))
    try {
      return await recordDisk(CHILD, [folder], folder)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })()
  return recording
}

/** Loses power `crashes` times at random moments and says what the store then broke, if anything. */
function faultsAfter(
  events: readonly DiskEvent[],
  crashes: number,
  seed: number,
  ignored?: IgnoredSync,
): readonly string[] {
  const chance = seededChance(seed)
  const moments = Array.from({ length: crashes }, () => Math.floor(chance() * events.length)).toSorted((a, b) => a - b)
  const disk = new PowerLossDisk(ignored)
  const faults: string[] = []
  let acknowledged = -1
  let at = 0
  for (const moment of moments) {
    for (; at < moment; at++) {
      const event = events[at]!
      disk.apply(event)
      if (event.kind === "acknowledge") acknowledged = Number(event.line)
    }
    const folder = mkdtempSync(join(tmpdir(), "starling-crashed-"))
    try {
      disk.crashInto(folder, chance)
      const fault = faultOf(folder, acknowledged)
      if (fault !== undefined) faults.push(`at ${moment} of ${events.length}: ${fault}`)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  return faults
}

function faultOf(folder: string, acknowledged: number): string | undefined {
  try {
    using store = openStore({
      folder,
      rootKey: new Secret(new Uint8Array(32)),
      random: (length) => new Uint8Array(length),
    })
    const a = store.list("numbers", "a")
    const b = store.list("numbers", "b")
    if (a.length < acknowledged + 1) return `${acknowledged + 1} commits were acknowledged, ${a.length} are there`
    if (a.length !== b.length) return "half a commit is there"
    const wrong = b.findIndex(
      (row, i) => fromUtf8(row.value) !== `${i}` || fromUtf8(a[i]!.value) !== `${i} `.repeat(900),
    )
    return wrong < 0 ? undefined : `row ${wrong} is another one`
  } catch (error) {
    return String(error)
  }
}

test.skipIf(withoutStrace)(
  "the store keeps what it acknowledged through any loss of power (needs strace)",
  async () => {
    const events = await recorded()
    expect(events.filter(({ kind }) => kind === "acknowledge")).toHaveLength(420)
    expect(faultsAfter(events, 200, 1)).toEqual([])
  },
)

test.skipIf(withoutStrace).for([
  { name: "of the write-ahead log", ignored: (path: string) => path === "store.sqlite-wal" },
  { name: "of the database itself", ignored: (path: string) => path === "store.sqlite" },
  { name: "of the folder", ignored: (path: string) => path === "." },
])("the model finds a store that leaves out the sync $name (needs strace)", async ({ ignored }) => {
  expect(faultsAfter(await recorded(), 100, 2, ignored)).not.toEqual([])
})
