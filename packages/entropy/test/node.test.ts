import { spawn, type ChildProcess } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import { fileURLToPath } from "node:url"

import { EntropyPool, PoolCorrupt } from "@starling/entropy"
import { openPoolFile, osEntropy, PoolLocked } from "@starling/entropy/node"
import { Secret } from "@starling/kernel"
import { afterEach, beforeEach, expect, test, vi } from "vitest"

import { delivery } from "./deliveries.ts"
import { Seeded } from "./seeded.ts"

let folder = ""
let path = ""
const owners: ChildProcess[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "starling-pool-"))
  path = join(folder, "entropy.pool")
})

afterEach(() => {
  for (const owner of owners.splice(0)) owner.kill("SIGKILL")
  rmSync(folder, { recursive: true, force: true })
})

function open(root = 1): EntropyPool {
  return EntropyPool.open({
    file: openPoolFile(path),
    rootKey: new Secret(new Uint8Array(32).fill(root)),
    os: osEntropy,
    clock: { now: () => 0 },
    policy: "pure",
    journalOf: () => [],
  })
}

/** Starts another process that wants the pool, on its own or under `parent`, and waits for what it says. */
async function startOwner(parent: readonly string[] = []): Promise<{ process: ChildProcess; said: string }> {
  const [command, ...rest] = [...parent, process.execPath, fileURLToPath(new URL("owner.ts", import.meta.url)), path]
  const owner = spawn(command, rest, { stdio: ["pipe", "pipe", "inherit"] })
  owners.push(owner)
  const [said] = await once(owner.stdout, "data")
  return { process: owner, said: String(said).trim() }
}

function thrownBy(opening: () => unknown): PoolLocked {
  try {
    opening()
  } catch (error) {
    if (error instanceof PoolLocked) return error
  }
  throw new Error("nobody has the pool")
}

test("a pool on a real disk survives closing and opening", () => {
  const bytes = new Seeded(1).bytes(8192)
  const first = open()
  first.fill(bytes, delivery(1, 8192))
  expect(first.draw(4096, "test")).toEqual(bytes.slice(0, 4096))
  first[Symbol.dispose]()
  using second = open()
  expect(second.draw(4096, "test")).toEqual(bytes.slice(4096))
})

test.skipIf(process.platform === "win32")("the file is its owner's alone (needs POSIX modes)", () => {
  using _pool = open()
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test("a process that was killed leaves a pool that opens, with what it had reserved burned", async () => {
  const script = `
    import { EntropyPool } from "@starling/entropy"
    import { openPoolFile, osEntropy } from "@starling/entropy/node"
    import { Secret } from "@starling/kernel"
    const pool = EntropyPool.open({ file: openPoolFile(process.argv[1]), rootKey: new Secret(new Uint8Array(32).fill(1)),
      os: osEntropy, clock: { now: () => 0 }, policy: "pure", journalOf: () => [] })
    pool.fill(new Uint8Array(8192).fill(5), ${JSON.stringify(delivery(1, 8192))})
    pool.draw(10, "test")
    process.kill(process.pid, "SIGKILL")`
  const killed = spawn(process.execPath, ["--input-type=module", "-e", script, path], {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    stdio: "inherit",
  })
  const [, signal] = await once(killed, "exit")
  expect(signal).toBe("SIGKILL")
  using pool = open()
  expect(pool.bytes).toBe(4096)
  expect(pool.takeRecords()[0]).toMatchObject({ label: "burned", eaas: [{ offset: 0, length: 4096 }] })
})

test("a second process is told who has the pool, until the first one ends", async () => {
  const first = await startOwner()
  expect(first.said).toBe("opened")
  const second = await startOwner()
  expect(second.said).toContain(`in use by the running process ${first.process.pid}`)
  expect(second.said).toContain("PoolLocked")
  first.process.kill("SIGKILL")
  await once(first.process, "exit")
  expect((await startOwner()).said).toBe("opened")
})

test.skipIf(process.platform !== "linux")(
  "a killed process that its parent never reaps no longer has the pool (needs /proc)",
  async () => {
    const unreaping = ["sh", "-c", 'exec 3<&0; "$@" <&3 & exec sleep 60', "sh"]
    expect((await startOwner(unreaping)).said).toBe("opened")
    const { pid } = thrownBy(() => openPoolFile(path))
    process.kill(pid, "SIGKILL")
    await vi.waitFor(() => expect(readFileSync(`/proc/${pid}/stat`, "utf8")).toContain(") Z "))
    openPoolFile(path).close()
  },
)

test("of eight processes that find the lock of a dead one, exactly one gets the pool", async () => {
  const dead = await startOwner()
  dead.process.kill("SIGKILL")
  await once(dead.process, "exit")
  const said = (await Promise.all(Array.from({ length: 8 }, () => startOwner()))).map((owner) => owner.said)
  expect(said.filter((line) => line === "opened")).toHaveLength(1)
  expect(said.filter((line) => line.startsWith("PoolLocked"))).toHaveLength(7)
})

test("the same process can't open it twice either, but again after closing", () => {
  const file = openPoolFile(path)
  expect(() => openPoolFile(path)).toThrow(PoolLocked)
  file.close()
  openPoolFile(path).close()
  expect(readdirSync(folder).filter((name) => name.includes(".lock-"))).toHaveLength(1)
})

test.skipIf(process.platform !== "linux").for([
  { name: "of another boot", change: { boot: "another" } },
  { name: "of an earlier process with this number", change: { started: "1" } },
  { name: "of a process that is gone", change: { pid: 2 ** 22 + 1 } },
])("a lock $name is stale (needs /proc)", ({ change }) => {
  const file = openPoolFile(path)
  const lock = join(folder, readdirSync(folder).find((name) => name.includes(".lock-")) ?? "")
  const holder: unknown = JSON.parse(readFileSync(lock, "utf8"))
  writeFileSync(lock, JSON.stringify(Object.assign({}, holder, change)))
  openPoolFile(path).close()
  file.close()
})

test("a lock that a loss of power garbled is stale", () => {
  writeFileSync(`${path}.lock-7`, "\0\0\0\0")
  openPoolFile(path).close()
})

test("a pool that can't be opened is unlocked again", () => {
  open(1)[Symbol.dispose]()
  expect(() => open(2)).toThrow(PoolCorrupt)
  open(1)[Symbol.dispose]()
})

test("the operating system's generator gives what is asked for, never the same", () => {
  expect(osEntropy(0)).toHaveLength(0)
  expect(osEntropy(32)).toHaveLength(32)
  expect(osEntropy(32)).not.toEqual(osEntropy(32))
})
