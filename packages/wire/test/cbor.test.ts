import { fc, test as property } from "@fast-check/vitest"
import { expect, test } from "vitest"

import { decodeCbor, encodeCbor } from "@starling/wire"

test("maps are written in one order, whatever the order of the fields", () => {
  expect(encodeCbor({ b: 1, a: "x" })).toEqual(encodeCbor({ a: "x", b: 1 }))
  expect(encodeCbor({ a: 1, b: undefined })).toEqual(encodeCbor({ a: 1 }))
})

property.prop([fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.uint8Array()))])(
  "content reads back as it was written",
  (value) => {
    expect(decodeCbor(encodeCbor(value), 1 << 20)).toEqual({ kind: "ok", value: { ...value } })
  },
)

property.prop([fc.uint8Array({ maxLength: 64 })])("no bytes make the decoder throw", (bytes) => {
  expect(["ok", "malformed"]).toContain(decodeCbor(bytes, 64).kind)
})

test.for([
  { name: "a longer integer than needed", hex: "1801" },
  { name: "an indefinite length", hex: "9fff" },
  { name: "a duplicate key", hex: "a2616101616102" },
  { name: "something left over", hex: "0101" },
])("$name is malformed", ({ hex }) => {
  expect(decodeCbor(new Uint8Array(Buffer.from(hex, "hex")), 64).kind).toBe("malformed")
})

test("more than the allowed size is malformed before it is read", () => {
  expect(decodeCbor(new Uint8Array(65), 64)).toEqual({ kind: "malformed", why: "65 bytes where 64 are allowed" })
})
