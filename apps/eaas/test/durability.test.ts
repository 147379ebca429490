import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { PGlite } from "@electric-sql/pglite"
import { afterAll, describe, expect, test } from "vitest"

import { createCluster } from "../src/database/cluster-template.ts"
import { DurableFileSystem, START_PARAMETERS } from "../src/database/durable-file-system.ts"
import { PgliteDatabase } from "../src/database/pglite-database.ts"
import { INSERT_UNTIL_KILLED } from "./insert-until-killed.ts"
import { RecordingFileSystem } from "./power-loss.ts"

const root = mkdtempSync(join(tmpdir(), "starling-eaas-"))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const COMMITS = 24

/** Commits rows, and then loses the power as often as asked; resolves to how many losses left every row in place. */
async function losses(
  name: string,
  times: number,
  parameters: readonly string[],
): Promise<{ readonly whole: number; readonly unsynced: number }> {
  const cluster = join(root, name)
  await createCluster(cluster)
  const fs = new RecordingFileSystem(cluster)
  const pglite = await PGlite.create({ fs, startParams: [...parameters] })
  await pglite.exec("create table spent (id integer primary key, answer bytea not null)")
  for (let id = 1; id <= COMMITS; id++) {
    await pglite.query("insert into spent values ($1, $2)", [id, new Uint8Array(2500).fill(id)])
    if (id === COMMITS / 2) await pglite.exec("checkpoint")
  }
  let whole = 0
  let seed = 1
  const coin = () => (seed = (seed * 1103515245 + 12345) % 2147483648) % 7 < 4
  for (let i = 0; i < times; i++) {
    const after = `${cluster}-${i}`
    fs.powerLoss(cluster, after, coin)
    if ((await rowsAt(after)) === COMMITS) whole++
  }
  return { whole, unsynced: fs.unsyncedSectors }
}

/** Rows that recovery finds, or -1 where it finds no database at all. */
async function rowsAt(cluster: string): Promise<number> {
  try {
    const pglite = await PGlite.create({ fs: new DurableFileSystem(cluster), startParams: [...START_PARAMETERS] })
    const { rows } = await pglite.query<{ n: number }>(
      "select count(*)::integer as n from spent where length(answer) = 2500",
    )
    await pglite.close()
    return rows[0]?.n ?? -1
  } catch {
    return -1
  }
}

describe("what was committed outlives a loss of power", () => {
  test("with any subset of the unsynced sectors lost", async () => {
    const { whole, unsynced } = await losses("synced", 4, START_PARAMETERS)
    expect(unsynced, "the model had something to lose").toBeGreaterThan(10)
    expect(whole).toBe(4)
  })

  test("and would not, without the sync of the write-ahead log", async () => {
    const unsafe = START_PARAMETERS.map((parameter) => (parameter === "fsync=on" ? "fsync=off" : parameter))
    expect((await losses("unsynced", 2, unsafe)).whole).toBe(0)
  })
})

test("a sync that fails stops the database for good, and nothing is acknowledged", async () => {
  const cluster = join(root, "failing")
  await createCluster(cluster)
  class FailingFileSystem extends DurableFileSystem {
    broken = false
    protected override syncStream(...args: Parameters<DurableFileSystem["syncStream"]>): void {
      if (this.broken) throw new Error("the disk is gone")
      super.syncStream(...args)
    }
  }
  const fs = new FailingFileSystem(cluster)
  const pglite = await PGlite.create({ fs, startParams: [...START_PARAMETERS] })
  await pglite.exec("create table spent (id integer primary key)")
  fs.broken = true
  await expect(pglite.query("insert into spent values (1)")).rejects.toThrow()
  expect(fs.failure?.message).toBe("the disk is gone")
})

test("kill -9 loses nothing that was said to be committed", async () => {
  const folder = join(root, "killed")
  const said: number[] = []
  for (let round = 0; round < 4; round++) {
    const child = spawn(process.execPath, [INSERT_UNTIL_KILLED, folder], {
      stdio: ["ignore", "pipe", "inherit"],
    })
    let text = ""
    let lines = 0
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString()
      lines = text.split("\n").length - 1
      if (lines >= 5 + 11 * round) child.kill("SIGKILL")
    })
    await once(child, "close")
    said.push(...text.split("\n").slice(0, lines).map(Number))
  }
  expect(said.length).toBeGreaterThan(80)
  await using database = await PgliteDatabase.open(folder)
  const rows = await database.query("select id from spent")
  const kept = new Set(rows.map(({ id }) => id))
  expect(said.filter((id) => !kept.has(id))).toEqual([])
})

test("one process at a time uses a folder", async () => {
  const folder = join(root, "shared")
  await using first = await PgliteDatabase.open(folder)
  await expect(PgliteDatabase.open(folder)).rejects.toMatchObject({ reason: "locked" })
  expect(await first.query("select 1 as one")).toEqual([{ one: 1 }])
})

test("the template of an empty cluster was made by the PGlite that is installed", () => {
  const manifest = createRequire(import.meta.url).resolve("@electric-sql/pglite")
  const version = /"version": "([^"]+)"/.exec(readFileSync(join(manifest, "../../package.json"), "utf8"))?.[1]
  const made = readFileSync(join(import.meta.dirname, "../artifacts/empty-cluster.version"), "utf8").trim()
  expect(made).toBe(version)
})
