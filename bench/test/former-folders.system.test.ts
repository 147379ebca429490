import { readdirSync } from "node:fs"
import { join } from "node:path"

import { expect, test } from "vitest"

import { awakenPair, readPair } from "../src/folders/former-pair.ts"

const FIXTURES = join(import.meta.dirname, "fixtures")

test.for(readdirSync(FIXTURES).filter((name) => name.startsWith("folders-")))(
  "two people whose data an earlier version wrote go on where they were: %s",
  async (name) => {
    const pair = await readPair(join(FIXTURES, name))
    const { epochAuthenticator, screens, renewed } = await awakenPair(pair)
    expect(epochAuthenticator).toBe(pair.epochAuthenticator)
    expect(renewed).toBe(true)
    const texts = [...pair.texts, "from a later version", "and back"].sort()
    expect(screens.map((screen) => screen.toSorted())).toEqual([texts, texts])
  },
)
