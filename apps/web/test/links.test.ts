import { test as property, fc } from "@fast-check/vitest"
import { expect, test } from "vitest"

import { pieces } from "../src/text/links.ts"

const linksIn = (text: string) => pieces(text).flatMap((piece) => (piece.kind === "link" ? [piece.text] : []))

test.for([
  ["see https://example.org/a?b=c#d now", ["https://example.org/a?b=c#d"]],
  ["(https://example.org).", ["https://example.org"]],
  ["http://a.example and https://b.example", ["http://a.example", "https://b.example"]],
  ["javascript:alert(1) data:text/html,x file:///etc ftp://x", []],
  ["https://", []],
  ["https://еxample.org/", ["https://xn--xample-2of.org/"]],
  ["https://good.example@evil.example/", ["https://good.example@evil.example/"]],
] as const)("%s", ([text, links]) => {
  expect(linksIn(text)).toEqual(links)
})

property.prop([fc.string({ unit: "binary" })])("every character of a text without addresses is kept", (text) => {
  fc.pre(!/https?:/i.test(text))
  expect(
    pieces(text)
      .map((piece) => piece.text)
      .join(""),
  ).toBe(text)
})

property.prop([fc.webUrl(), fc.string()])("only http and https ever become links", (url, text) => {
  for (const piece of pieces(`${text} ${url}`)) {
    if (piece.kind === "link") expect(new URL(piece.href).protocol).toMatch(/^https?:$/)
  }
})
