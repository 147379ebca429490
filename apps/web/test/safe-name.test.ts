import { test as property, fc } from "@fast-check/vitest"
import { expect, test } from "vitest"

import { safeName, shortFingerprint, skeleton } from "../src/text/safe-name.ts"

test.for([
  ["as typed", "Zoë Åström-O'Neil", "Zoë Åström-O'Neil"],
  ["Arabic", "نور", "نور"],
  ["a joiner that spells Persian", "می\u200Cخواهم", "می\u200Cخواهم"],
  ["a family in one emoji", "👩\u200D👩\u200D👧", "👩\u200D👩\u200D👧"],
  ["reversal", "Ana\u202Enimda\u202C", "Ananimda"],
  ["isolates", "\u2066Ana\u2069", "Ana"],
  ["zero-width space", "A\u200Bna\uFEFF", "Ana"],
  ["a joiner in Latin", "A\u200Dna", "Ana"],
  ["letters that draw nothing", "\u3164\u115F", ""],
  ["tags", "Ana\u{E0041}\u{E007F}", "Ana"],
  ["line breaks", "Ana\n\n  Ortiz", "Ana Ortiz"],
  ["piled marks", `A${"\u0301".repeat(40)}na`, "A\u0301\u0301\u0301na"],
] as const)("%s is shown safely", ([, typed, shown]) => {
  expect(safeName(typed)).toBe(shown)
})

property.prop([fc.string({ unit: "binary" })])("what is shown stays the same when shown again", (typed) => {
  expect(safeName(safeName(typed))).toBe(safeName(typed))
})

property.prop([fc.string({ unit: "binary" })])("no control of direction comes through", (typed) => {
  expect(safeName(`${typed}\u202E\u2067`)).not.toMatch(/[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/)
})

test.for([
  ["Ben Okafor", "Ben 0kafor"],
  ["Ana", "Аna"],
  ["paypal", "PayPaI"],
  ["Zoë", "Zoe"],
  ["Ben", "B e n"],
] as const)("%s and %s can be taken for each other", ([one, other]) => {
  expect(skeleton(one)).toBe(skeleton(other))
})

test("different names have different skeletons", () => {
  expect(skeleton("Ana")).not.toBe(skeleton("Anna"))
})

test("a short fingerprint is two groups of five", () => {
  expect(shortFingerprint("abcdefghijklmnop")).toBe("abcde fghij")
})
