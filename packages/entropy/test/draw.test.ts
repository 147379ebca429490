import { hkdfSync } from "node:crypto"

import { EntropyExhausted, type EntropyPolicy } from "@starling/entropy"
import { concat, utf8, type Bytes } from "@starling/kernel"
import { encode } from "@starling/wire"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"

import { delivery } from "./deliveries.ts"
import { openPool } from "./device.ts"
import { Disk } from "./disk.ts"
import { Seeded } from "./seeded.ts"

const fixedOs = (length: number): Bytes => new Uint8Array(length).fill(7)

describe("the mixer", () => {
  test("is HKDF-Extract(salt = OS, ikm = EaaS ‖ context), then Expand, as Node's own HKDF computes it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8160 }), fc.string(), fc.integer(), (length, purpose, seed) => {
        const eaas = new Seeded(seed).bytes(length)
        using pool = openPool({ os: fixedOs })
        pool.fill(eaas, delivery(1))
        const drawn = pool.draw(length, purpose)
        const sequence = BigInt(pool.takeRecords()[0]!.sequence)
        const context = encode((writer) => {
          writer.opaque(utf8("starling draw 1")).opaque(utf8(purpose)).uint64(sequence).uint16(length)
        })
        const expected = hkdfSync("sha256", concat(eaas, context), fixedOs(32), context, length)
        expect(drawn).toEqual(new Uint8Array(expected))
      }),
      { numRuns: 20 },
    )
  })

  test("depends on the EaaS while the OS stands still, and on the OS while the EaaS does", () => {
    const draw = (eaas: number, os: number): Bytes => {
      using pool = openPool({ os: (length) => new Uint8Array(length).fill(os) })
      pool.fill(new Uint8Array(1024).fill(eaas), delivery(1))
      return pool.draw(32, "test")
    }
    expect(draw(1, 7)).toEqual(draw(1, 7))
    expect(draw(2, 7)).not.toEqual(draw(1, 7))
    expect(draw(1, 8)).not.toEqual(draw(1, 7))
  })

  test("gives two purposes different bytes even where both sources repeat themselves", () => {
    const draw = (purpose: string): Bytes => {
      using pool = openPool({ os: fixedOs })
      return pool.draw(32, purpose)
    }
    expect(draw("a")).not.toEqual(draw("b"))
  })

  test("asks the OS only after the EaaS bytes are read, erased and past the barrier", () => {
    const disk = new Disk()
    using pool = openPool({
      disk,
      os: (length) => {
        disk.log.push("os")
        return fixedOs(length)
      },
    })
    pool.fill(new Seeded(2).bytes(4096), delivery(1))
    disk.log.length = 0
    pool.draw(32, "test")
    expect(disk.log.filter((step, i) => step !== disk.log[i - 1])).toEqual(["write", "sync", "write", "os"])
  })

  test("refuses an operating system that gives too little, and keeps the EaaS bytes", () => {
    let short = false
    using pool = openPool({ os: (length) => new Uint8Array(short ? 0 : length).fill(7) })
    pool.fill(new Uint8Array(1024).fill(1), delivery(1))
    short = true
    expect(() => pool.draw(32, "test")).toThrow("0 bytes of 32")
    expect(pool.bytes).toBe(1024)
    expect(pool.takeRecords()).toEqual([])
  })
})

describe("policies", () => {
  test("mixed: an empty pool gives way to the OS alone, and says so", () => {
    using pool = openPool({ policy: "mixed" })
    pool.fill(new Uint8Array(16).fill(1), delivery(1))
    expect(pool.draw(32, "a key")).toHaveLength(32)
    expect(pool.draw(16, "a nonce")).toHaveLength(16)
    const [key, nonce] = pool.takeRecords()
    expect(key).toMatchObject({ label: "local only", operatingSystem: 32, eaas: [], bytes: 32, purpose: "a key" })
    expect(nonce).toMatchObject({ label: "mixed", operatingSystem: 32, bytes: 16 })
    expect(nonce?.eaas).toEqual([{ delivery: delivery(1).id, offset: 0, length: 16, block: 0 }])
  })

  test.for<EntropyPolicy>(["strict", "pure"])(
    "%s: a draw that the pool can't cover fails and consumes nothing",
    (policy) => {
      using pool = openPool({ policy })
      pool.fill(new Uint8Array(16).fill(1), delivery(1))
      expect(() => pool.draw(17, "test")).toThrow(EntropyExhausted)
      expect(pool.takeRecords()).toEqual([])
      expect(pool.draw(16, "test")).toHaveLength(16)
      expect(() => pool.draw(1, "test")).toThrow(new EntropyExhausted(1, 0))
    },
  )

  test("strict mixes", () => {
    using pool = openPool({ policy: "strict" })
    pool.fill(new Uint8Array(16).fill(1), delivery(1))
    expect(pool.draw(16, "test")).not.toEqual(new Uint8Array(16).fill(1))
    expect(pool.takeRecords()[0]).toMatchObject({ label: "mixed", operatingSystem: 32 })
  })

  test("pure hands out the EaaS bytes as they came, in order, without the OS", () => {
    const eaas = new Seeded(3).bytes(9000)
    let asked = 0
    using pool = openPool({ policy: "pure", os: (length) => fixedOs((asked += length) && length) })
    pool.fill(eaas, delivery(1))
    asked = 0
    expect(concat(pool.draw(5000, "test"), pool.draw(4000, "test"))).toEqual(eaas)
    expect(asked).toBe(0)
    expect(pool.takeRecords().map((record) => [record.label, record.operatingSystem])).toEqual([
      ["pure", 0],
      ["pure", 0],
    ])
  })
})

test.for([-1, 1.5, 8161, Number.NaN])("a draw of %d bytes is refused", (length) => {
  using pool = openPool()
  expect(() => pool.draw(length, "test")).toThrow(RangeError)
})

test("a draw of no bytes is empty and leaves no record", () => {
  using pool = openPool({ policy: "strict" })
  expect(pool.draw(0, "test")).toEqual(new Uint8Array())
  expect(pool.takeRecords()).toEqual([])
})

test("listeners hear once of each crossing of the low-water mark", () => {
  using pool = openPool()
  let heard = 0
  const stop = pool.onLow(() => (heard += 1))
  const refill = (n: number): number => pool.fill(new Seeded(n).bytes(8192), delivery(n))
  for (let n = 1; n <= 3; n++) refill(n)
  pool.draw(8160, "test")
  expect([pool.bytes, heard]).toEqual([16_416, 0])
  pool.draw(40, "test")
  pool.draw(40, "test")
  expect([pool.bytes, heard]).toEqual([16_336, 1])
  refill(4)
  pool.draw(8160, "test")
  expect([pool.bytes, heard]).toEqual([16_368, 2])
  refill(5)
  stop()
  pool.draw(8160, "test")
  pool.draw(8160, "test")
  expect([pool.bytes, heard]).toEqual([8240, 2])
})

test("a closed pool refuses to work, and closing twice does no harm", () => {
  const pool = openPool()
  pool[Symbol.dispose]()
  pool[Symbol.dispose]()
  expect(() => pool.draw(1, "test")).toThrow("closed")
  expect(() => pool.fill(new Uint8Array(1).fill(1), delivery(1))).toThrow("closed")
})
