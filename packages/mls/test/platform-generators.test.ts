import { execFileSync } from "node:child_process"
import crypto, { randomBytes } from "node:crypto"
import { syncBuiltinESMExports } from "node:module"
import { fileURLToPath } from "node:url"

import { utf8 } from "@starling/kernel"
import { createCommit, encodeState, type MlsContext } from "@starling/mls"
import { nobleCrypto } from "@starling/mls/noble"
import { nodeCrypto } from "@starling/mls/node"
import { afterEach, expect, test, vi } from "vitest"

import { Story } from "./story.ts"
import { NOW, seededRandom, SUITES } from "./world.ts"

afterEach(() => {
  vi.restoreAllMocks()
  syncBuiltinESMExports()
})

/** Every way that Node has to make random bytes or keys of its own. */
function trapGenerators(): readonly ReturnType<typeof vi.spyOn>[] {
  const traps = [
    vi.spyOn(globalThis.crypto, "getRandomValues"),
    vi.spyOn(globalThis.crypto, "randomUUID"),
    vi.spyOn(globalThis.crypto.subtle, "generateKey"),
    vi.spyOn(Math, "random"),
    vi.spyOn(crypto, "randomBytes"),
    vi.spyOn(crypto, "randomFill"),
    vi.spyOn(crypto, "randomFillSync"),
    vi.spyOn(crypto, "randomInt"),
    vi.spyOn(crypto, "randomUUID"),
    vi.spyOn(crypto, "generateKey"),
    vi.spyOn(crypto, "generateKeySync"),
    vi.spyOn(crypto, "generateKeyPair"),
    vi.spyOn(crypto, "generateKeyPairSync"),
    vi.spyOn(crypto, "generatePrimeSync"),
    vi.spyOn(crypto, "createDiffieHellman"),
    vi.spyOn(crypto, "createECDH"),
    vi.spyOn(crypto, "encapsulate"),
  ]
  for (const trap of traps) {
    trap.mockImplementation(() => {
      throw new Error("the platform was asked for randomness")
    })
  }
  syncBuiltinESMExports()
  return traps
}

const PROVIDERS = SUITES.flatMap((suite) => [
  { suite, name: "sodium-native", crypto: () => nodeCrypto(suite) },
  { suite, name: "node:crypto", crypto: () => nodeCrypto(suite, { sodium: false }) },
  { suite, name: "@noble", crypto: () => nobleCrypto(suite) },
])

test.for(PROVIDERS)("a group of suite $suite lives on $name without a generator of the platform", ({ crypto }) => {
  const traps = trapGenerators()
  const random = seededRandom("trapped")
  const mls: MlsContext = { crypto: crypto(), random, authenticate: () => undefined }
  const story = new Story(mls, "alice")
  story.add("alice", "bob", "carol")
  story.update("bob")
  story.change("alice", {}, { wireFormat: "private" })
  story.send("carol", "hello")
  story.change("bob", { remove: ["carol"], add: ["dave"] })
  story.send("dave", "hello")
  const key = utf8("a key")
  const psk = { kind: "external", id: utf8("psk") } as const
  createCommit(mls, story.state("alice"), { proposals: [{ kind: "psk", psk }], psks: () => key, now: NOW })
  encodeState(story.state("alice"))
  for (const trap of traps) expect(trap).not.toHaveBeenCalled()
  expect(random.drawn).toBeGreaterThan(500)
})

test("the providers load without a generator of the platform", () => {
  const child = fileURLToPath(new URL("children/import-providers.ts", import.meta.url))
  expect(execFileSync(process.execPath, [child], { encoding: "utf8" })).toBe("0")
})

test("the traps catch whoever does reach for a generator", () => {
  trapGenerators()
  expect(() => globalThis.crypto.getRandomValues(new Uint8Array(1))).toThrow("asked for randomness")
  expect(() => crypto.randomBytes(1)).toThrow("asked for randomness")
  expect(() => randomBytes(1)).toThrow("asked for randomness")
})
