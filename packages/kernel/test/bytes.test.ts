import { fc, test } from "@fast-check/vitest"
import { expect } from "vitest"

import {
  compareBytes,
  concat,
  equalBytes,
  equalConstantTime,
  fromBase32,
  fromBase64url,
  fromHex,
  fromUtf8,
  toBase32,
  toBase64url,
  toHex,
} from "@starling/kernel"

test.prop([fc.uint8Array()])("hex, base32 and base64url read back what they wrote", (bytes) => {
  expect(fromHex(toHex(bytes))).toEqual(bytes)
  expect(fromBase32(toBase32(bytes))).toEqual(bytes)
  expect(fromBase64url(toBase64url(bytes))).toEqual(bytes)
})

test.prop([fc.uint8Array()])("base64url is what Node writes", (bytes) => {
  expect(toBase64url(bytes)).toBe(Buffer.from(bytes).toString("base64url"))
})

test("base32 is that of RFC 4648, 10, in lower case and unpadded", () => {
  expect(toBase32(new TextEncoder().encode("foobar"))).toBe("mzxw6ytboi")
})

test.prop([fc.string({ maxLength: 40 })])("any text decodes to nothing or to bytes that print as that text", (text) => {
  const base32 = fromBase32(text)
  if (base32) expect(toBase32(base32)).toBe(text)
  const base64 = fromBase64url(text)
  if (base64) expect(toBase64url(base64)).toBe(text)
})

test.prop([fc.uint8Array(), fc.uint8Array()])("both comparisons agree with the order of the bytes", (a, b) => {
  expect(equalBytes(a, b)).toBe(compareBytes(a, b) === 0)
  expect(equalConstantTime(a, b)).toBe(equalBytes(a, b))
  expect(Math.sign(compareBytes(a, b))).toBe(Math.sign(Buffer.compare(a, b)))
})

test("concat joins in order", () => {
  expect(concat(Uint8Array.of(1), Uint8Array.of(), Uint8Array.of(2, 3))).toEqual(Uint8Array.of(1, 2, 3))
})

test("ill-formed UTF-8 is no text", () => {
  expect(fromUtf8(Uint8Array.of(0xc3, 0x28))).toBeUndefined()
})
