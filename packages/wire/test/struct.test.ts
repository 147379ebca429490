import { fc, test as property } from "@fast-check/vitest"
import { expect, test } from "vitest"

import { decode, encode, withEncoded, type Reader } from "@starling/wire"

test.for([
  { length: 0, hex: "00" },
  { length: 63, hex: "3f" },
  { length: 64, hex: "4040" },
  { length: 15293, hex: "7bbd" },
  { length: 16384, hex: "80004000" },
])("a length of $length is written as RFC 9420, 2.1.2 says", ({ length, hex }) => {
  const bytes = encode((w) => w.vectorLength(length))
  expect(Buffer.from(bytes).toString("hex")).toBe(hex)
  expect(decode(bytes, (r) => r.vectorLength())).toEqual({ kind: "ok", value: length })
})

test.for([
  { name: "prefix 3", hex: "c0000000" },
  { name: "two bytes for 37", hex: "4025" },
  { name: "four bytes for 16383", hex: "80003fff" },
])("a length with $name is malformed", ({ hex }) => {
  expect(decode(new Uint8Array(Buffer.from(hex, "hex")), (r) => r.vectorLength()).kind).toBe("malformed")
})

const struct = fc.record({
  a: fc.integer({ min: 0, max: 255 }),
  b: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  c: fc.uint8Array({ maxLength: 300 }),
  d: fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 8 }),
  e: fc.option(fc.integer({ min: 0, max: 65535 }), { nil: undefined }),
  f: fc.string({ unit: "binary", maxLength: 20 }),
})

function readStruct(r: Reader) {
  return {
    a: r.uint8(),
    b: r.uint64(),
    c: r.opaque(300),
    d: r.vector((item) => item.opaque()),
    e: r.optional((inner) => inner.uint16()),
    f: r.nested((inner) => inner.text(100)),
  }
}

property.prop([struct])("a struct reads back as it was written, and no shorter or longer one does", (value) => {
  const bytes = encode((w) =>
    w
      .uint8(value.a)
      .uint64(value.b)
      .opaque(value.c)
      .vector(value.d, (inner, item) => inner.opaque(item))
      .optional(value.e, (inner, item) => inner.uint16(item))
      .nested((inner) => inner.text(value.f)),
  )
  expect(decode(bytes, readStruct)).toEqual({ kind: "ok", value })
  expect(decode(bytes.subarray(0, -1), readStruct).kind).toBe("malformed")
  expect(decode(new Uint8Array([...bytes, 0]), readStruct).kind).toBe("malformed")
})

property.prop([fc.uint8Array({ maxLength: 400 })])("no bytes make a reader throw", (bytes) => {
  expect(["ok", "malformed"]).toContain(decode(bytes, readStruct).kind)
})

test("a length that promises more than there is allocates nothing", () => {
  const huge = Uint8Array.of(0xbf, 0xff, 0xff, 0xff, 1, 2, 3)
  expect(decode(huge, (r) => r.opaque())).toEqual({ kind: "malformed", why: "truncated" })
})

test("what a reader returns does not alias what it read", () => {
  const bytes = Uint8Array.of(2, 7, 8)
  const value = decode(bytes, (r) => r.opaque())
  bytes.fill(0)
  expect(value).toEqual({ kind: "ok", value: Uint8Array.of(7, 8) })
})

test("a value out of range is our own defect", () => {
  expect(() => encode((w) => w.uint8(256))).toThrow(RangeError)
  expect(() => encode((w) => w.uint64(-1n))).toThrow(RangeError)
})

test("what one struct was written into holds nothing of it when another is written, also within the first", () => {
  let kept = new Uint8Array(0)
  const seen = withEncoded(
    (w) => w.fixed(new Uint8Array(8).fill(7)),
    (bytes) => {
      kept = bytes
      const inner = encode((w) => w.uint32(1))
      return [bytes.slice(), inner]
    },
  )
  expect(seen).toEqual([new Uint8Array(8).fill(7), Uint8Array.of(0, 0, 0, 1)])
  expect(kept).toEqual(new Uint8Array(8))
  const first = encode((w) => w.fixed(new Uint8Array(100_000).fill(9)))
  expect(() =>
    encode((w) => {
      w.uint8(5)
      throw new RangeError("no struct")
    }),
  ).toThrow("no struct")
  expect(encode((w) => w.uint8(6))).toEqual(Uint8Array.of(6))
  expect(first).toEqual(new Uint8Array(100_000).fill(9))
})
