import { FIELD_ORDER, FieldElement } from "@starling/proof"
import * as fc from "fast-check"
import { expect, test } from "vitest"

const elements = fc.bigInt({ min: 0n, max: FIELD_ORDER - 1n })

test("an element survives its encoding", () => {
  fc.assert(
    fc.property(elements, (value) => {
      const bytes = FieldElement.toBytes(FieldElement.of(value))
      expect(bytes).toHaveLength(32)
      expect(FieldElement.fromBytes(bytes)).toEqual({ kind: "ok", value })
    }),
  )
})

test("bytes are either the encoding of one element or malformed, and never throw", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 0, maxLength: 40 }), (bytes) => {
      const decoded = FieldElement.fromBytes(bytes)
      if (decoded.kind === "ok") expect(FieldElement.toBytes(decoded.value)).toEqual(new Uint8Array(bytes))
    }),
  )
})

test("the encoding is big-endian", () => {
  const bytes = FieldElement.toBytes(FieldElement.of(0x0102n))
  expect([...bytes.subarray(30)]).toEqual([1, 2])
})

test.for([
  { name: "r", value: FIELD_ORDER },
  { name: "1 + r", value: FIELD_ORDER + 1n },
  { name: "2^256 - 1", value: (1n << 256n) - 1n },
])("$name is no element", ({ value }) => {
  expect(() => FieldElement.of(value)).toThrow(RangeError)
  const bytes = Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * (31 - i))) & 0xffn))
  expect(FieldElement.fromBytes(bytes)).toEqual({ kind: "malformed", why: "not less than r" })
})

test("minus one is no element", () => {
  expect(() => FieldElement.of(-1n)).toThrow(RangeError)
})

test("a digest becomes the integer of its first 31 bytes", () => {
  const digest = new Uint8Array(32).fill(0xff)
  expect(FieldElement.fromDigest(digest)).toBe((1n << 248n) - 1n)
  expect(() => FieldElement.fromDigest(digest.subarray(1))).toThrow(RangeError)
})
