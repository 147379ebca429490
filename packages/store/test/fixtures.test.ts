import { cpSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"

import { fromUtf8 } from "@starling/kernel"

import { open, temporaryFolder } from "./folders.ts"

test.for(["1"])("a store that version %s wrote opens and holds what it held", (version) => {
  using folder = temporaryFolder()
  cpSync(join(import.meta.dirname, "fixtures", version), folder.path, { recursive: true })
  using store = open(folder.path)
  const read = (bucket: string): unknown[] =>
    store.all(bucket).map((row) => [row.partition, row.key, row.ordinal, fromUtf8(row.value)])
  expect(read("records")).toEqual([
    ["group", "first", 1, "one"],
    ["group", "second", 1, "two"],
    ["other", "third", -5, "three"],
  ])
  expect(read("settings")).toEqual([["identity", "own", 0, "keys"]])
})
