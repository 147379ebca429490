import { execFileSync, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { copyFileSync, cpSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import * as fc from "fast-check"
import { expect, test } from "vitest"

import { fromUtf8, Secret } from "@starling/kernel"
import { StoreError } from "@starling/messenger/ports"
import { openStore } from "@starling/store"

import { open, put, random, rootKey, temporaryFolder, thrownBy } from "./folders.ts"

const child = (name: string): string => join(import.meta.dirname, "children", name)

/** A tmpfs of one's own takes the right to mount. */
const canMount = spawnSync("unshare", ["-Urm", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0

test("a second store on the folder is refused by name, and the first goes on", () => {
  using folder = temporaryFolder()
  using store = open(folder.path)
  const error = thrownBy(() => open(folder.path))
  expect(error).toBeInstanceOf(StoreError)
  expect(error).toMatchObject({ reason: "locked" })
  expect(String(error)).toContain(folder.path)
  store.commit([put("group", "a", 1)])
  expect(store.all("records")).toHaveLength(1)
})

test("another process keeps the folder until it dies, whichever way", async () => {
  using folder = temporaryFolder()
  const holder = spawn(process.execPath, [child("commit-rows.ts"), folder.path], {
    stdio: ["ignore", "pipe", "inherit"],
  })
  await once(holder.stdout, "data")
  expect(thrownBy(() => open(folder.path))).toMatchObject({ reason: "locked" })
  const gone = once(holder, "exit")
  holder.kill("SIGKILL")
  await gone
  using store = open(folder.path)
  expect(store.all("numbers").length).toBeGreaterThan(0)
})

test("a store of a newer version is refused, and not a byte of it changes", () => {
  using folder = temporaryFolder()
  open(folder.path)[Symbol.dispose]()
  const file = join(folder.path, "store.sqlite")
  const newer = new DatabaseSync(file)
  newer.exec("PRAGMA user_version = 2")
  newer.close()
  const before = readFileSync(file)
  const error = thrownBy(() => open(folder.path))
  expect(error).toMatchObject({ name: "StoreError", reason: "newer-version" })
  expect(String(error)).toContain("newer version of Starling")
  expect(readFileSync(file)).toEqual(before)
  expect(readdirSync(folder.path).sort()).toEqual(["store.lock", "store.sqlite"])
})

test("another root key is refused, and the right one still opens", () => {
  using folder = temporaryFolder()
  {
    using store = open(folder.path)
    store.commit([put("group", "a", 1)])
  }
  const wrong = new Secret(new Uint8Array(32).fill(8))
  expect(thrownBy(() => open(folder.path, wrong))).toMatchObject({ name: "StoreError", reason: "wrong-key" })
  using store = open(folder.path)
  expect(store.all("records")).toHaveLength(1)
})

test("a root key of another length is a mistake of the caller", () => {
  using folder = temporaryFolder()
  expect(() => open(folder.path, new Secret(new Uint8Array(16)))).toThrow(RangeError)
  open(folder.path)[Symbol.dispose]()
})

test.for([
  { name: "random bytes", damage: (file: string) => writeFileSync(file, random(8192)) },
  { name: "a file cut in half", damage: (file: string) => truncateSync(file, 4096 * 2) },
  {
    name: "somebody else's database",
    damage: (file: string) => {
      writeFileSync(file, "")
      const other = new DatabaseSync(file)
      other.exec("CREATE TABLE cats (name TEXT)")
      other.close()
    },
  },
])("$name is reported as corrupt", ({ damage }) => {
  using folder = temporaryFolder()
  {
    using store = open(folder.path)
    store.commit(Array.from({ length: 50 }, (_, i) => put("group", `${i}`, i, "x".repeat(500))))
  }
  damage(join(folder.path, "store.sqlite"))
  const error = thrownBy(() => {
    using store = open(folder.path)
    store.all("records")
  })
  expect(error).toMatchObject({ name: "StoreError", reason: "corrupt" })
})

test("a damaged byte anywhere is found, or harms no row", () => {
  using original = temporaryFolder()
  {
    using store = open(original.path)
    store.commit(Array.from({ length: 20 }, (_, i) => put("group", `${i}`, i, `value ${i}`)))
  }
  const size = readFileSync(join(original.path, "store.sqlite")).length
  fc.assert(
    fc.property(fc.nat(size - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      using folder = temporaryFolder()
      cpSync(original.path, folder.path, { recursive: true })
      const file = join(folder.path, "store.sqlite")
      const bytes = readFileSync(file)
      bytes[at]! ^= flip
      writeFileSync(file, bytes)
      try {
        using store = open(folder.path)
        expect(store.all("records")).toHaveLength(20)
        for (const row of store.all("records")) expect(fromUtf8(row.value)).toBe(`value ${row.key}`)
      } catch (error) {
        expect(error).toBeInstanceOf(StoreError)
      }
    }),
    { numRuns: 300 },
  )
})

test("a full store refuses the commit whole, and takes a smaller one", () => {
  using folder = temporaryFolder()
  {
    using store = openStore({ folder: folder.path, rootKey, random, maxBytes: 20 * 4096 })
    store.commit([put("group", "before", 1)])
    const writes = [put("group", "small", 2), put("group", "large", 3, "x".repeat(100_000))]
    const error = thrownBy(() => store.commit(writes))
    expect(error).toMatchObject({ name: "StoreError", reason: "full" })
    expect(store.all("records").map((row) => row.key)).toEqual(["before"])
    store.commit([put("group", "after", 2)])
  }
  using store = open(folder.path)
  expect(store.all("records").map((row) => row.key)).toEqual(["before", "after"])
})

test.skipIf(!canMount)("a full disk refuses the commit whole (needs the right to mount a tmpfs)", () => {
  const script = `mount -t tmpfs -o size=512k none /mnt && exec "$0" "$1" /mnt`
  const output = execFileSync("unshare", ["-Urm", "sh", "-c", script, process.execPath, child("fill-disk.ts")])
  const report = JSON.parse(String(output)) as { reason: string; acknowledged: number; found: number; later: number }
  expect(report.reason).toBe("full")
  expect(report.acknowledged).toBeGreaterThan(0)
  expect(report.found).toBe(report.acknowledged)
  expect(report.later).toBe(report.acknowledged)
})

test("a row moved to another place is reported as corrupt", () => {
  using folder = temporaryFolder()
  {
    using store = open(folder.path)
    store.commit([put("group", "a", 1), put("group", "b", 2)])
  }
  const file = join(folder.path, "store.sqlite")
  copyFileSync(file, `${file}.good`)
  for (const change of [
    "UPDATE rows SET ordinal = ordinal + 1",
    "UPDATE rows SET bucket = 'contacts'",
    "UPDATE rows SET (salt, sealed) = (SELECT salt, sealed FROM rows WHERE id = 1)",
    "UPDATE rows SET partition = zeroblob(16)",
    "UPDATE rows SET sealed = x'00'",
  ]) {
    copyFileSync(`${file}.good`, file)
    const editor = new DatabaseSync(file)
    editor.exec(change)
    editor.close()
    using store = open(folder.path)
    const error = thrownBy(() => [...store.all("records"), ...store.all("contacts")])
    expect(error, change).toMatchObject({ name: "StoreError", reason: "corrupt" })
  }
})

test("neither names nor values can be read in the files", () => {
  using folder = temporaryFolder()
  using store = open(folder.path)
  store.commit([put("a-group-id", "a-message-id", 1, "a-plain-text")])
  store.commit([put("another-group-id", "a-message-id", 1, "a-plain-text")])
  const files = readdirSync(folder.path).map((name) => readFileSync(join(folder.path, name)))
  for (const bytes of files) {
    for (const word of ["group-id", "message-id", "plain-text"]) expect(bytes.includes(word)).toBe(false)
    expect(bytes.includes(Buffer.from(rootKey.expose()))).toBe(false)
  }
})
