import { readFileSync } from "node:fs"
import { join } from "node:path"

import { HmacDrbg } from "@starling/entropy"
import { fromHex, toHex, type Bytes } from "@starling/kernel"
import { describe, expect, test } from "vitest"

interface Vector {
  readonly name: string
  readonly entropy: string
  readonly nonce: string
  readonly personalisation?: string
  readonly reseed?: string
  readonly reseedAdditional?: string
  readonly additional?: readonly [string, string]
  readonly returned: string
}

const { vectors } = JSON.parse(readFileSync(join(import.meta.dirname, "fixtures/hmac-drbg-cavp.json"), "utf8")) as {
  vectors: Vector[]
}
const bytes = (hex = ""): Bytes => fromHex(hex)!

describe("CAVP", () => {
  test.for(vectors)("$name: the second request gives what NIST published", (vector) => {
    const drbg = new HmacDrbg(bytes(vector.entropy), bytes(vector.nonce), bytes(vector.personalisation))
    if (vector.reseed !== undefined) drbg.reseed(bytes(vector.reseed), bytes(vector.reseedAdditional))
    const length = vector.returned.length / 2
    drbg.generate(length, bytes(vector.additional?.[0]))
    expect(toHex(drbg.generate(length, bytes(vector.additional?.[1])))).toBe(vector.returned)
  })
})

test("a request is cut off, not rounded, and no two requests give the same", () => {
  const make = (): HmacDrbg => new HmacDrbg(new Uint8Array(32).fill(1), new Uint8Array(16).fill(2))
  const whole = make().generate(100)
  expect(make().generate(33)).toEqual(whole.slice(0, 33))
  const drbg = make()
  expect(drbg.generate(32)).not.toEqual(drbg.generate(32))
  expect(make().generate(0)).toHaveLength(0)
})

test("a seed that is too short, and a request that is too long, are refused", () => {
  const drbg = new HmacDrbg(new Uint8Array(32), new Uint8Array(16))
  expect(() => new HmacDrbg(new Uint8Array(31), new Uint8Array(16))).toThrow(RangeError)
  expect(() => new HmacDrbg(new Uint8Array(32), new Uint8Array(15))).toThrow(RangeError)
  expect(() => drbg.reseed(new Uint8Array(31))).toThrow(RangeError)
  expect(() => drbg.generate(65_537)).toThrow(RangeError)
  expect(drbg.generate(65_536)).toHaveLength(65_536)
})
