import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { DataFolderError, openDataFolder, removeApiFile, writeApiFile } from "../src/daemon/data-folder.ts"

const seven = (length: number): Uint8Array<ArrayBuffer> => new Uint8Array(length).fill(7)
const eight = (length: number): Uint8Array<ArrayBuffer> => new Uint8Array(length).fill(8)

function home(): string {
  const folder = mkdtempSync(join(tmpdir(), "starling-data-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test("a new folder is for its owner alone, and so are the files in it", () => {
  const path = join(home(), "deep", "data")
  const { rootKey, created } = openDataFolder(path, seven)
  expect(created).toBe(true)
  expect(rootKey.expose()).toEqual(seven(32))
  expect(statSync(path).mode & 0o777).toBe(0o700)
  writeApiFile(path, { url: "http://127.0.0.1:1", key: "k1" })
  for (const file of readdirSync(path)) expect(statSync(join(path, file)).mode & 0o777, file).toBe(0o600)
  removeApiFile(path, "another daemon's key")
  expect(readdirSync(path).sort()).toEqual(["api.json", "root.key", "version"])
  removeApiFile(path, "k1")
  expect(readdirSync(path).sort()).toEqual(["root.key", "version"])
})

test("the root key is drawn once, and a start that was cut short takes up the one there is", () => {
  const path = home()
  writeFileSync(join(path, "root.key"), seven(32))
  const first = openDataFolder(path, eight)
  expect(first.created).toBe(false)
  expect(openDataFolder(path, eight).rootKey.expose()).toEqual(seven(32))
})

test.for([
  { name: "of a newer version", version: "2\n", reason: "newer-version" },
  { name: "with a damaged version", version: "one", reason: "damaged" },
  { name: "without its root key", version: "1\n", reason: "damaged" },
])("a folder $name is refused and left as it was", ({ version, reason }) => {
  const path = home()
  writeFileSync(join(path, "version"), version)
  expect(() => openDataFolder(path, seven)).toThrow(expect.objectContaining({ constructor: DataFolderError, reason }))
  expect(readdirSync(path)).toEqual(["version"])
  expect(readFileSync(join(path, "version"), "utf8")).toBe(version)
})
