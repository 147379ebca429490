import { readFileSync } from "node:fs"

import { sha256 } from "@noble/hashes/sha2.js"
import { toHex } from "@starling/kernel"
import { expect, test } from "vitest"
import { vectors } from "./vectors.ts"

const document = readFileSync(new URL("../../../docs/wire.md", import.meta.url), "utf8")
const section = document.slice(document.indexOf("\n## EaaS"))

/** Longer frames stand in the document by their digest. */
const SHORT = 420

test.for(Object.entries(vectors))("docs/wire.md holds the frame of a %s", ([name, { bytes }]) => {
  expect(section).toContain(`| ${name} | ${bytes.length} | \`${toHex(sha256(bytes))}\` |`)
  if (bytes.length < SHORT)
    expect(section).toContain(
      `${name}:\n${toHex(bytes)
        .replaceAll(/(.{96})/g, "$1\n")
        .trim()}\n`,
    )
})
