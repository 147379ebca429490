import { PoolCorrupt, PoolVersionUnsupported, PoolWriteFailed } from "@starling/entropy"
import type { Bytes } from "@starling/kernel"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"

import { delivery } from "./deliveries.ts"
import { openPool } from "./device.ts"
import { DATA, Disk, SECTOR } from "./disk.ts"
import { Seeded } from "./seeded.ts"

const SLOT_A = SECTOR
const SLOT_B = SECTOR + 20_480

/** The file of a pool that holds 6000 bytes and was closed. */
function stored(): Bytes {
  const disk = new Disk()
  using pool = openPool({ disk })
  pool.fill(new Seeded(1).bytes(6000), delivery(1, 6000))
  return disk.bytes()
}

function changed(at: number, ...values: readonly number[]): Bytes {
  const bytes = stored()
  bytes.set(values, at)
  return bytes
}

function flipped(...places: readonly number[]): Bytes {
  const bytes = stored()
  for (const at of places) bytes[at]! ^= 1
  return bytes
}

describe("opening refuses, and writes nothing", () => {
  test.for([
    { name: "a newer format version", bytes: () => changed(14, 0, 2), refusal: new PoolVersionUnsupported(2) },
    { name: "another file", bytes: () => changed(0, 1), refusal: PoolCorrupt },
    {
      name: "a superblock wiped from a pool with bytes in it",
      bytes: () => changed(0, ...new Uint8Array(16)),
      refusal: PoolCorrupt,
    },
    { name: "two forged headers", bytes: () => flipped(SLOT_A + 40, SLOT_B + 40), refusal: PoolCorrupt },
    {
      name: "two headers with other sequence numbers",
      bytes: () => flipped(SLOT_A + 7, SLOT_B + 7),
      refusal: PoolCorrupt,
    },
    { name: "a file cut in its cells", bytes: () => stored().slice(0, DATA + 100), refusal: PoolCorrupt },
    { name: "a file cut in its first header", bytes: () => stored().slice(0, SLOT_A + 100), refusal: PoolCorrupt },
    { name: "a file cut in its first sector", bytes: () => stored().slice(0, 20), refusal: PoolCorrupt },
  ])("$name", ({ bytes, refusal }) => {
    const before = bytes()
    const disk = Disk.of(before)
    expect(() => openPool({ disk })).toThrow(refusal)
    expect(disk.log).toEqual([])
    expect(disk.bytes()).toEqual(before)
  })

  test("a pool under another root key", () => {
    const disk = Disk.of(stored())
    expect(() => openPool({ disk, root: 8 })).toThrow(PoolCorrupt)
    expect(disk.log).toEqual([])
  })

  test("and gives the file back, so that another attempt can be made", () => {
    const disk = Disk.of(stored())
    expect(() => openPool({ disk, root: 8 })).toThrow(PoolCorrupt)
    using pool = openPool({ disk })
    expect(pool.bytes).toBe(6000)
  })
})

test.for([SLOT_A, SLOT_B])("one damaged header (at %d) costs nothing", (slot) => {
  using pool = openPool({ disk: Disk.of(flipped(slot + 40)), policy: "pure" })
  expect(pool.draw(6000, "test")).toEqual(new Seeded(1).bytes(6000))
})

test("a forged cell is never handed out: the one next in turn is burned, a later one stops the draw", () => {
  const next = openPool({ disk: Disk.of(flipped(DATA + 5)), policy: "pure" })
  expect(next.takeRecords()[0]).toMatchObject({ label: "burned", eaas: [{ offset: 0, length: 1024 }] })
  expect(next.draw(10, "test")).toEqual(new Seeded(1).bytes(6000).slice(1024, 1034))

  const later = openPool({ disk: Disk.of(flipped(DATA + 4 * 1024 + 5)), policy: "pure" })
  later.draw(4096, "test")
  expect(() => later.draw(1, "test")).toThrow(PoolCorrupt)
})

test("whatever stands in the file, opening gives a pool or one of its own errors", () => {
  const garbled = fc.array(fc.tuple(fc.nat(DATA + 6000), fc.nat(255)), { minLength: 1, maxLength: 30 })
  fc.assert(
    fc.property(garbled, (changes) => {
      const bytes = stored()
      for (const [at, value] of changes) bytes[at] = value
      try {
        openPool({ disk: Disk.of(bytes) })
      } catch (error) {
        if (!(error instanceof PoolCorrupt || error instanceof PoolVersionUnsupported)) throw error
      }
    }),
    { numRuns: 50 },
  )
})

describe("a full disk", () => {
  const noSpace = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" })

  test.for([0, 1, 2, 3, 4, 5, 6, 7, 8])("met by write %d of a draw loses nothing", (after) => {
    const disk = Disk.of(stored())
    using pool = openPool({ disk, policy: "pure" })
    disk.full = { after, error: noSpace }
    let drawn: Bytes | undefined
    try {
      drawn = pool.draw(4096, "test")
    } catch (error) {
      expect(error).toBeInstanceOf(PoolWriteFailed)
      expect(error).toMatchObject({ fatal: false, cause: noSpace })
      expect(pool.bytes).toBe(6000)
    }
    disk.full = undefined
    pool.fill(new Seeded(2).bytes(1024), delivery(2))
    drawn ??= pool.draw(4096, "test")
    expect(drawn).toEqual(new Seeded(1).bytes(6000).slice(0, 4096))
    expect(pool.draw(1904, "test")).toEqual(new Seeded(1).bytes(6000).slice(4096))
    expect(pool.draw(1024, "test")).toEqual(new Seeded(2).bytes(1024))
  })

  test.for([0, 1, 2, 3])("met by write %d of a fill takes nothing, and what was there stays", (after) => {
    const disk = Disk.of(stored())
    using pool = openPool({ disk, policy: "pure" })
    disk.full = { after, error: noSpace }
    const fill = (): number => pool.fill(new Seeded(2).bytes(2048), delivery(2, 2048))
    if (after < 3) expect(fill).toThrow(PoolWriteFailed)
    else expect(fill()).toBe(2048)
    expect(pool.bytes).toBe(after < 3 ? 6000 : 8048)
    disk.full = undefined
    expect(pool.draw(6000, "test")).toEqual(new Seeded(1).bytes(6000))
  })

  test("met while opening leaves a pool that opens later", () => {
    const disk = Disk.of(stored())
    disk.full = { after: 0, error: noSpace }
    expect(() => openPool({ disk })).toThrow(PoolWriteFailed)
    disk.full = undefined
    using pool = openPool({ disk })
    expect(pool.bytes).toBe(6000)
  })
})

test("after a barrier that failed nothing more is released or taken until the pool is opened anew", () => {
  const disk = Disk.of(stored())
  const pool = openPool({ disk, policy: "pure" })
  disk.failSync = new Error("EIO: i/o error, fdatasync")
  expect(() => pool.draw(32, "test")).toThrow(expect.objectContaining({ name: "PoolWriteFailed", fatal: true }))
  disk.failSync = undefined
  expect(() => pool.draw(32, "test")).toThrow(PoolWriteFailed)
  expect(() => pool.fill(new Seeded(2).bytes(10), delivery(2))).toThrow(PoolWriteFailed)
  pool[Symbol.dispose]()
  using reopened = openPool({ disk, policy: "pure" })
  const burned = reopened
    .takeRecords()
    .flatMap((record) => record.eaas)
    .reduce((sum, range) => sum + range.length, 0)
  expect(burned + reopened.bytes).toBe(6000)
})
