import { expect, test } from "vitest"
import { fc, test as property } from "@fast-check/vitest"
import { jsonLine, oneLine, terminalText } from "../src/cli/terminal-text.ts"

test.for([
  { name: "an escape sequence", text: "\u001B[2Jgone", shown: "\\u{1b}[2Jgone" },
  { name: "a right-to-left override", text: "\u202Egnp.exe", shown: "\\u{202e}gnp.exe" },
  { name: "a C1 control", text: "\u009B31m", shown: "\\u{9b}31m" },
  { name: "a zero-width space", text: "an\u200Ba", shown: "an\\u{200b}a" },
  { name: "a line break", text: "one\ntwo", shown: "one⏎two" },
  { name: "a family of emoji", text: "👩\u200D👧", shown: "👩\u200D👧" },
  { name: "Arabic, Chinese and accents", text: "نادية 王 Zoë", shown: "نادية 王 Zoë" },
])("oneLine shows $name safely", ({ text, shown }) => {
  expect(oneLine(text)).toBe(shown)
})

property.prop([fc.string({ unit: "binary" })])(
  "nothing that steers a terminal passes, and lines stay lines",
  (text) => {
    expect(terminalText(text)).not.toMatch(/[^\P{Cc}\n]|[\u202A-\u202E\u2066-\u2069\u200E\u200F]/u)
    expect(oneLine(text)).not.toMatch(/[\p{Cc}\u2028\u2029]/u)
  },
)

property.prop([fc.jsonValue()])("jsonLine is one line, free of controls, and means the same value", (value) => {
  const line = jsonLine(value)
  expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\u2028\u2029\u202E]/u)
  expect(line.endsWith("\n")).toBe(true)
  expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify(value)))
})
