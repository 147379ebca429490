import * as fc from "fast-check"
import { expect, test } from "vitest"

import { concat } from "@starling/kernel"
import { decodeKeyPackageRequest } from "@starling/messenger/parts"
import { encode } from "@starling/wire"

import { EXAMPLES } from "../support/frames.ts"

test.for(EXAMPLES.filter(({ value }) => value !== undefined))(
  "$name reads back as it was written",
  ({ bytes, decode, value }) => {
    expect(decode(bytes)).toEqual({ kind: "ok", value })
  },
)

test.for(EXAMPLES)("$name: truncated, or with a byte too many, is malformed", ({ bytes, decode }) => {
  for (let length = 0; length < bytes.length; length++) expect(decode(bytes.subarray(0, length)).kind).toBe("malformed")
  expect(decode(concat(bytes, Uint8Array.of(0))).kind).toBe("malformed")
})

test.for(EXAMPLES)("$name: no bytes make the decoder throw", ({ bytes, decode }) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (random) => {
      expect(["ok", "malformed", "newer-version"]).toContain(decode(random).kind)
    }),
    { numRuns: 100 },
  )
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const changed = bytes.slice()
      changed[at] = (changed[at] ?? 0) ^ flip
      expect(["ok", "malformed", "newer-version"]).toContain(decode(changed).kind)
    }),
    { numRuns: 100 },
  )
})

test.for(EXAMPLES.filter(({ unversioned }) => unversioned !== true))(
  "$name of a later version is told apart",
  ({ bytes, decode, version = 1 }) => {
    const later = version + 1
    expect(decode(concat(Uint8Array.of(0, later), bytes.subarray(2)))).toEqual({
      kind: "newer-version",
      version: later,
    })
    expect(decode(concat(Uint8Array.of(0, 0), bytes.subarray(2))).kind).toBe("malformed")
  },
)

test("a request for a KeyPackage of version 1, which named no suite, asks for suite 1", () => {
  const request = encode((w) => w.uint16(1).uint64(7n))
  expect(decodeKeyPackageRequest(request)).toEqual({ kind: "ok", value: { clock: 7, suite: 1 } })
})
