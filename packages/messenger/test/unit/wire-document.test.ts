import { readFileSync } from "node:fs"

import { expect, test } from "vitest"

import { toHex } from "@starling/kernel"

import { EXAMPLES, SIGNED } from "../support/frames.ts"

const document = readFileSync(new URL("../../../../docs/wire.md", import.meta.url), "utf8")
const vectors = new Map(
  Array.from(document.matchAll(/^vector `([^`]+)`:\n```\n([0-9a-f\n]+)```$/gm), ([, name, hex]) => [
    name,
    hex?.replaceAll("\n", ""),
  ]),
)

test.for([...EXAMPLES, ...SIGNED])("docs/wire.md shows the bytes of the example $name", ({ name, bytes }) => {
  expect(vectors.get(name)).toBe(toHex(bytes))
})
