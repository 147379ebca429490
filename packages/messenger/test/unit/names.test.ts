import * as fc from "fast-check"
import { expect, test } from "vitest"

import { isName, safeName } from "@starling/messenger/parts"

const ADA = { identity: "aaaaaaaa".repeat(6), name: "Ada" }

test.for(["Ada", "Ada Lovelace", "李雷", "عَلِي", "Zoë", "😀", "👩‍👩‍👧", "नमस्ते", "x".repeat(64)])(
  "%s is a name, and shown as it is",
  (name) => {
    expect(isName(name)).toBe(true)
    expect(safeName(name, "bbbbbbbbb", [])).toEqual({ text: name, suspicious: false, fingerprint: "bbbbbbbb" })
  },
)

test.for(["", "   ", "x".repeat(65), "two\nlines", "bell\u0007", "\ud800"])("%j is no name", (name) => {
  expect(isName(name)).toBe(false)
})

test.for([
  { what: "a right-to-left override", name: "Bob\u202Egnp.exe", text: "Bobgnp.exe" },
  { what: "an isolate", name: "\u2066Bob\u2069", text: "Bob" },
  { what: "a zero-width space", name: "B\u200Bob", text: "Bob" },
  { what: "a joiner between letters", name: "B\u200Dob", text: "Bob" },
  { what: "tag characters", name: "Bob\u{E0041}", text: "Bob" },
  { what: "nothing visible", name: "\u2060\u3164", text: "bbbbbbbb" },
])("a name with $what loses it and is marked", ({ name, text }) => {
  expect(safeName(name, "bbbbbbbbb", [])).toMatchObject({ text, suspicious: true })
})

test.for(["Аda", "аdа", "ADA", "Adа", "Áda", "A d a", "Ada\u200B", "Ａｄａ"])("%s could be taken for Ada", (name) => {
  expect(safeName(name, "bbbbbbbbb", [ADA]).suspicious).toBe(true)
})

test("one's own name is not taken for another's, and other names are left in peace", () => {
  expect(safeName("Ada", ADA.identity, [ADA]).suspicious).toBe(false)
  expect(safeName("Adam", "bbbbbbbbb", [ADA]).suspicious).toBe(false)
})

test.for(["Сhris", "Pаul Smith", "Αlice"])("%s mixes scripts in a word", (name) => {
  expect(safeName(name, "bbbbbbbbb", []).suspicious).toBe(true)
})

test("whatever the name, what is shown holds no character that turns or hides its surroundings", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 80 }), (name) => {
      const { text } = safeName(name, "bbbbbbbbb", [ADA])
      expect(text).not.toMatch(/[\p{Bidi_Control}\p{Cc}\u2028\u2029]/u)
      expect(text).not.toBe("")
    }),
  )
})
