import type { DrawRecord } from "@starling/entropy"
import * as fc from "fast-check"
import { expect, test } from "vitest"

import { delivery } from "./deliveries.ts"
import { openPool } from "./device.ts"
import { Disk } from "./disk.ts"
import { Seeded } from "./seeded.ts"

const act = fc.oneof(
  fc.record({ kind: fc.constant("fill" as const), length: fc.integer({ min: 1, max: 9000 }) }),
  fc.record({ kind: fc.constant("draw" as const), length: fc.integer({ min: 1, max: 8160 }) }),
  fc.record({ kind: fc.constantFrom("stop" as const, "crash" as const), length: fc.constant(0) }),
)

test("every byte ever filled is drawn, burned or still there, once, and belongs to the delivery that brought it", () => {
  fc.assert(
    fc.property(fc.array(act, { minLength: 5, maxLength: 40 }), (acts) => {
      const disk = new Disk()
      const journal: DrawRecord[] = []
      const broughtBy: string[] = []
      let pool = openPool({ disk, journal })
      for (const [n, { kind, length }] of acts.entries()) {
        if (kind === "fill") {
          const taken = pool.fill(new Seeded(n).bytes(length), delivery(n, length))
          for (let i = 0; i < taken; i++) broughtBy.push(delivery(n).id)
        } else if (kind === "draw") {
          pool.draw(length, "test")
          journal.push(...pool.takeRecords())
        } else {
          pool[Symbol.dispose]()
          if (kind === "stop") journal.push(...pool.takeRecords())
          pool = openPool({ disk, journal })
          const burned = pool.takeRecords()
          if (kind === "stop") expect(burned).toEqual([])
          journal.push(...burned)
        }
        expect(pool.bytes).toBeLessThanOrEqual(pool.capacity)
      }
      pool[Symbol.dispose]()
      pool = openPool({ disk, journal })
      journal.push(...pool.takeRecords())

      const logged = journal.flatMap((record) => record.eaas).sort((a, b) => a.offset - b.offset)
      let at = 0
      for (const { delivery, offset, length } of logged) {
        expect(offset).toBe(at)
        expect(new Set(broughtBy.slice(at, at + length))).toEqual(new Set([delivery]))
        at += length
      }
      expect(at + pool.bytes).toBe(broughtBy.length)
      for (const record of journal.filter(({ label }) => label === "mixed")) {
        expect(record.eaas.reduce((sum, range) => sum + range.length, 0)).toBe(record.bytes)
      }
      pool[Symbol.dispose]()
    }),
    { numRuns: 60 },
  )
})

test("records are handed over once, and their numbers grow across restarts", () => {
  const disk = new Disk()
  const numbers: number[] = []
  for (let i = 0; i < 3; i++) {
    using pool = openPool({ disk })
    pool.draw(4, "a")
    pool.draw(4, "b")
    numbers.push(...pool.takeRecords().map((record) => record.sequence))
    expect(pool.takeRecords()).toEqual([])
  }
  expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b))
})

test("what the journal lacks of a block is burned at the next opening, again and again until it is stored", () => {
  const disk = new Disk()
  const first = openPool({ disk })
  first.fill(new Seeded(1).bytes(4096), delivery(1, 4096))
  first.draw(100, "stored")
  const journal = [...first.takeRecords()]
  first.draw(100, "lost with the process")
  first[Symbol.dispose]()

  for (const attempt of ["not stored", "stored"]) {
    using pool = openPool({ disk, journal })
    const [burned, ...others] = pool.takeRecords()
    expect(others).toEqual([])
    expect(burned).toMatchObject({ label: "burned", purpose: "restart", bytes: 0, operatingSystem: 0 })
    expect(burned!.eaas).toEqual([{ delivery: delivery(1).id, offset: 100, length: 3996, block: 0 }])
    if (attempt === "stored") journal.push(burned!)
  }
  using pool = openPool({ disk, journal })
  expect(pool.takeRecords()).toEqual([])
})

test("a clean stop burns what is reserved, under that name and once, and the next opening has nothing to add", () => {
  const disk = new Disk()
  const first = openPool({ disk })
  first.fill(new Seeded(1).bytes(8192), delivery(1, 8192))
  first.draw(100, "a key")
  first[Symbol.dispose]()
  first[Symbol.dispose]()
  const [drawn, burned, ...others] = first.takeRecords()
  expect(others).toEqual([])
  expect(drawn).toMatchObject({ purpose: "a key", label: "mixed" })
  expect(burned).toMatchObject({ purpose: "clean stop", label: "burned", bytes: 0, operatingSystem: 0 })
  expect(burned!.eaas).toEqual([{ delivery: delivery(1).id, offset: 100, length: 3996, block: 0 }])

  using second = openPool({ disk, journal: [drawn!, burned!] })
  expect(second.takeRecords()).toEqual([])
  expect(second.bytes).toBe(4096)
})

test("a clean stop with nothing reserved burns nothing", () => {
  const pool = openPool()
  pool.fill(new Seeded(1).bytes(4096), delivery(1, 4096))
  pool[Symbol.dispose]()
  expect(pool.takeRecords()).toEqual([])
})

test("the table keeps what deliveries said, across restarts, for all with bytes left and 64 at most", () => {
  const disk = new Disk()
  const pool = openPool({ disk })
  expect(pool.fill(new Seeded(0).bytes(2048), delivery(0, 2048))).toBe(2048)
  for (let n = 1; n <= 100; n++) {
    pool.fill(new Seeded(n).bytes(64), delivery(n, 64))
    pool.draw(64, "test")
  }
  expect(pool.deliveries()).toHaveLength(64)
  expect(pool.deliveries().at(-1)).toEqual(delivery(100, 64))
  pool[Symbol.dispose]()
  using reopened = openPool({ disk })
  expect(reopened.deliveries()).toHaveLength(64)
  expect(reopened.deliveries().at(-1)).toEqual(delivery(100, 64))
})

test("a pool of 64 one-byte fills is full, and its table still fits", () => {
  const disk = new Disk()
  const wordy = { source: "s".repeat(96), localProvider: "p".repeat(96) }
  const pool = openPool({ disk })
  for (let n = 0; n < 64; n++) expect(pool.fill(Uint8Array.of(n), { ...delivery(n), ...wordy })).toBe(1)
  expect(pool.fill(Uint8Array.of(1), delivery(64))).toBe(0)
  pool[Symbol.dispose]()
  using reopened = openPool({ disk, policy: "pure" })
  expect(reopened.draw(64, "test")).toEqual(Uint8Array.from({ length: 64 }, (_, n) => n))
})

test("a fill takes what there is room for", () => {
  using pool = openPool()
  expect(pool.fill(new Seeded(1).bytes(60_000), delivery(1, 60_000))).toBe(60_000)
  expect(pool.fill(new Seeded(2).bytes(8192), delivery(2, 8192))).toBe(5 * 1024)
  pool.draw(1, "test")
  expect(pool.fill(new Seeded(3).bytes(8192), delivery(3, 8192))).toBeLessThan(4096)
  expect(pool.bytes).toBeLessThanOrEqual(pool.capacity)
})

test.for([
  { name: "an id of another length", wrong: { id: "abc" } },
  { name: "a source of 97 bytes", wrong: { source: "s".repeat(97) } },
  { name: "a negative epoch", wrong: { epoch: -1 } },
])("a delivery with $name is refused before anything is written", ({ wrong }) => {
  const disk = new Disk()
  using pool = openPool({ disk })
  disk.log.length = 0
  expect(() => pool.fill(new Uint8Array(1024).fill(1), { ...delivery(1), ...wrong })).toThrow(RangeError)
  expect(disk.log).toEqual([])
})
