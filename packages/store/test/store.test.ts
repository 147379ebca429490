import { copyFileSync } from "node:fs"
import { join } from "node:path"

import * as fc from "fast-check"
import { expect, test } from "vitest"

import { fromUtf8, utf8 } from "@starling/kernel"
import type { Range, Row, Write } from "@starling/messenger/ports"

import { open, put, temporaryFolder } from "./folders.ts"

const keys = (rows: readonly Row[]): string[] => rows.map((row) => row.key)

test("what was committed is there after reopening", () => {
  using folder = temporaryFolder()
  {
    using store = open(folder.path)
    store.commit([put("group", "a", 1, "first")])
  }
  using store = open(folder.path)
  expect(store.get("records", "group", "a")).toEqual(utf8("first"))
  expect(store.get("records", "group", "b")).toBeUndefined()
  expect(store.get("other", "group", "a")).toBeUndefined()
})

test.for<{ name: string; range: Range; expected: string[] }>([
  { name: "everything, oldest first", range: {}, expected: ["a", "b", "c", "d"] },
  { name: "after an ordinal", range: { after: 1 }, expected: ["b", "c", "d"] },
  { name: "before an ordinal", range: { before: 3 }, expected: ["a", "b", "c"] },
  { name: "the newest two", range: { newestFirst: true, limit: 2 }, expected: ["d", "c"] },
  { name: "between, newest first", range: { after: 1, before: 3, newestFirst: true }, expected: ["c", "b"] },
  { name: "nothing", range: { limit: 0 }, expected: [] },
])("a range lists $name", ({ range, expected }) => {
  using folder = temporaryFolder()
  using store = open(folder.path)
  store.commit([put("group", "b", 2), put("group", "d", 3), put("group", "a", 1), put("group", "c", 2)])
  expect(keys(store.list("records", "group", range))).toEqual(expected)
})

test("a value that is written again keeps its place among equal ordinals", () => {
  using folder = temporaryFolder()
  using store = open(folder.path)
  store.commit([put("group", "a", 1), put("group", "b", 1)])
  store.commit([put("group", "a", 1, "again")])
  expect(store.list("records", "group").map((row) => fromUtf8(row.value))).toEqual(["again", "b"])
})

test("at rest the log is moved into the database, so that commits need not wait for that", async () => {
  using folder = temporaryFolder()
  using store = open(folder.path)
  for (let i = 0; i < 60; i++) store.commit([put("group", `${i}`, i)])
  await expect
    .poll(() => {
      using copy = temporaryFolder()
      copyFileSync(join(folder.path, "store.sqlite"), join(copy.path, "store.sqlite"))
      using withoutLog = open(copy.path)
      return withoutLog.list("records", "group").length
    })
    .toBe(60)
})

test("a commit that throws changes nothing", () => {
  using folder = temporaryFolder()
  using store = open(folder.path)
  expect(() => store.commit([put("group", "a", 1), put("group", "b", 0.5)])).toThrow(RangeError)
  expect(() => store.commit([put("group", "a", 1), put("group", "\ud800", 1)])).toThrow(RangeError)
  expect(store.all("records")).toEqual([])
  store.commit([put("group", "c", 1)])
  expect(keys(store.all("records"))).toEqual(["c"])
})

test("any sequence of commits leaves what a plain list of rows would hold, before and after reopening", () => {
  const name = fc.constantFrom("a", "b", "\u{1f426}", "")
  const place = { bucket: fc.constantFrom("x", "y"), partition: name, key: name }
  const write: fc.Arbitrary<Write> = fc.oneof(
    fc.record({
      kind: fc.constant("put" as const),
      ...place,
      ordinal: fc.oneof(fc.integer({ min: -2, max: 2 }), fc.maxSafeInteger()),
      value: fc.uint8Array({ maxLength: 40 }),
    }),
    fc.record({ kind: fc.constant("delete" as const), ...place }),
    fc.record({ kind: fc.constant("delete-partition" as const), bucket: place.bucket, partition: name }),
  )
  fc.assert(
    fc.property(fc.array(fc.array(write, { maxLength: 6 }), { maxLength: 6 }), (commits) => {
      using folder = temporaryFolder()
      const model = new PlainRows()
      {
        using store = open(folder.path)
        for (const writes of commits) {
          store.commit(writes)
          for (const write of writes) model.apply(write)
        }
        expect(store.all("x")).toEqual(model.all("x"))
      }
      using store = open(folder.path)
      expect(store.all("y")).toEqual(model.all("y"))
      for (const partition of ["a", "\u{1f426}"]) {
        const expected = model.all("x").filter((row) => row.partition === partition)
        expect(store.list("x", partition)).toEqual(expected)
        for (const row of expected) expect(store.get("x", partition, row.key)).toEqual(row.value)
      }
    }),
    { numRuns: 30 },
  )
})

/** The port's contract over an array. */
class PlainRows {
  #rows: (Row & { readonly bucket: string })[] = []

  apply(write: Write): void {
    if (write.kind === "put") {
      const { bucket, partition, key, ordinal } = write
      const row = { bucket, partition, key, ordinal, value: new Uint8Array(write.value) }
      const at = this.#rows.findIndex((r) => r.bucket === bucket && r.partition === partition && r.key === key)
      if (at < 0) this.#rows.push(row)
      else this.#rows[at] = row
      return
    }
    this.#rows = this.#rows.filter(
      (row) =>
        row.bucket !== write.bucket ||
        row.partition !== write.partition ||
        (write.kind === "delete" && row.key !== write.key),
    )
  }

  all(bucket: string): Row[] {
    const order = (a: Row, b: Row): number =>
      a.partition < b.partition ? -1 : a.partition > b.partition ? 1 : a.ordinal - b.ordinal
    const found = this.#rows.filter((row) => row.bucket === bucket).sort(order)
    return found.map(({ partition, key, ordinal, value }) => ({ partition, key, ordinal, value }))
  }
}
