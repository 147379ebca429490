import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

import { toHex, utf8 } from "@starling/kernel"
import { nodeCrypto } from "@starling/mls/node"
import { derivePskSecret } from "@starling/mls/rfc9420"
import { afterEach, expect, test } from "vitest"

import { kindOf, KINDS } from "./vectors/checks.ts"

const RUNNER = fileURLToPath(new URL("../scripts/vectors.ts", import.meta.url))
const folders: string[] = []

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "vectors-"))
  folders.push(folder)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

function run(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [RUNNER, ...args], { encoding: "utf8" })
  return { status, lines: stdout.split("\n").filter((line) => line !== ""), stderr }
}

const HEADER = JSON.stringify([
  { vlbytes_header: "00", length: 0 },
  { vlbytes_header: "4040", length: 64 },
])

function pskCase(suite: number) {
  const [id, nonce, key] = [utf8("id"), utf8("nonce"), utf8("key")]
  const secret = derivePskSecret(nodeCrypto(1), [{ id: { kind: "external", id, nonce }, key }])
  const psks = [{ psk_id: toHex(id), psk_nonce: toHex(nonce), psk: toHex(key) }]
  return { cipher_suite: suite, psks, psk_secret: toHex(secret) }
}

test("each file has a line, and the last one sums them up", () => {
  const folder = folderOf({ "deserialization.json": HEADER, "psk_secret.json": JSON.stringify([pskCase(1)]) })
  mkdirSync(join(folder, "not-read"))
  for (const provider of ["node", "noble"]) {
    expect(run(folder, "--provider", provider)).toEqual({
      status: 0,
      lines: [
        "deserialization.json: 2 passed, 0 failed, 0 skipped",
        "psk_secret.json: 1 passed, 0 failed, 0 skipped",
        '{"files":2,"cases":3,"passed":3,"failed":0,"skipped":0}',
      ],
      stderr: "",
    })
  }
  expect(run("--json", folder).lines).toEqual(['{"files":2,"cases":3,"passed":3,"failed":0,"skipped":0}'])
})

test("what does not hold fails, and a suite that there is none of is skipped", () => {
  const wrong = { ...pskCase(1), psk_secret: "00".repeat(32) }
  const cases = [wrong, pskCase(1), pskCase(3), pskCase(2), pskCase(0xf007)]
  const { status, lines, stderr } = run(folderOf({ "psk_secret.json": JSON.stringify(cases) }), "--json")
  expect(lines).toEqual(['{"files":1,"cases":5,"passed":3,"failed":1,"skipped":1}'])
  expect(status).toBe(1)
  expect(stderr).toContain("psk_secret.json: case 0: ")
  expect(stderr).toContain(`in place of ${"00".repeat(32)}`)
})

test.for([
  { name: "bad JSON", files: { "treekem.json": "[{" }, says: "treekem.json: " },
  { name: "no list", files: { "treekem.json": "{}" }, says: "treekem.json: the file is no list" },
  { name: "no objects", files: { "treekem.json": "[1]" }, says: "treekem.json: a case is an object" },
  { name: "no suite", files: { "treekem.json": "[{}]" }, says: "treekem.json: case 0: cipher_suite is missing" },
  { name: "missing fields", files: { "welcome.json": '[{"cipher_suite":1}]' }, says: "case 0: key_package is missing" },
  {
    name: "a name that says nothing",
    files: { "mine.json": "[]" },
    says: "mine.json: its name says none of the kinds",
  },
])("a file with $name counts as failed", ({ files, says }) => {
  const { status, lines, stderr } = run(folderOf(files), "--json")
  expect(status).toBe(1)
  expect(lines).toEqual(['{"files":1,"cases":1,"passed":0,"failed":1,"skipped":0}'])
  expect(stderr).toContain(says)
})

test.for([
  { name: "no folder", args: [], says: "usage:" },
  { name: "a folder that is not there", args: ["/nowhere/at/all"], says: "/nowhere/at/all" },
  { name: "a file in place of a folder", args: [RUNNER], says: "vectors.ts" },
  { name: "an option that there is not", args: [".", "--loud"], says: "--loud" },
  { name: "a provider that there is not", args: [".", "--provider", "abacus"], says: "usage:" },
  { name: "two folders", args: [".", "."], says: "usage:" },
])("with $name it says so and ends with status 1", ({ args, says }) => {
  const { status, lines, stderr } = run(...args)
  expect(status).toBe(1)
  expect(lines).toEqual([])
  expect(stderr).toContain(says)
})

test("a folder without vectors is no success", () => {
  const { status, stderr } = run(folderOf({ "README.md": "none" }))
  expect(status).toBe(1)
  expect(stderr).toContain("holds no .json files")
})

test("a kind is told from any name that has it as a part", () => {
  for (const kind of KINDS) {
    for (const name of [kind, `mine-${kind}`, `${kind}_2`, `openmls.${kind}.v1`, kind.replaceAll("_", "-")]) {
      expect(kindOf(`${name}.json`)).toBe(kind)
    }
  }
  expect(kindOf("messagess.json")).toBeUndefined()
})
