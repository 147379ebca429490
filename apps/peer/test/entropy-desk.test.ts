import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { decodeSealedEpoch } from "@starling/eaas/frames"
import { fromHex } from "@starling/kernel"
import { FieldElement } from "@starling/proof"
import { expect, onTestFinished, test } from "vitest"
import type { RootConflict } from "@starling/eaas"
import type { EntropyDesk } from "../src/api/backend.ts"
import { entropyDesk } from "../src/daemon/entropy-desk.ts"
import { openFoundation } from "../src/daemon/foundation.ts"
import type { SourceState } from "../src/daemon/refill.ts"

const DELIVERY = {
  id: "0123456789abcdef",
  source: "a device",
  simulated: false,
  path: "loopback tap",
  localProvider: "library",
  epoch: 1,
  anonymitySet: 80,
  proofMilliseconds: 900,
  bytes: 8192,
  receivedAt: 1,
} as const

/** A desk before the first key, or after one that came over a channel, whose platform stands as said. */
function desk(
  embedded: boolean,
  state: SourceState,
  channel?: string,
  conflicts: readonly RootConflict[] = [],
): EntropyDesk {
  const dataFolder = mkdtempSync(join(tmpdir(), "starling-desk-"))
  const resources = new DisposableStack()
  onTestFinished(() => {
    resources.dispose()
    rmSync(dataFolder, { recursive: true, force: true })
  })
  const { pool, draws, deliveries } = openFoundation({ dataFolder, policy: "mixed", now: () => 1 }, resources)
  if (channel !== undefined) deliveries.add([{ ...DELIVERY, channel }])
  const refill = { state, service: undefined, obtain: async () => 0 }
  return entropyDesk({ pool, refill, embedded, draws, deliveries, conflicts: () => conflicts, flush: () => {} })
}

test.for<SourceState>([
  { kind: "working", step: undefined },
  { kind: "unreachable", why: "it did not start" },
])("the embedded platform says that it is simulated and a set of one while it is $kind", (state) => {
  const { sources, anonymitySet, caveats } = desk(true, state).status()
  expect(sources.find(({ id }) => id === "eaas")).toMatchObject({ simulated: true, state: state.kind })
  expect(anonymitySet).toBe(1)
  expect(caveats.join(" ")).toMatch(/simulated.*anonymity set is one/)
})

test("of a platform that was never reached nobody says whether it is simulated", () => {
  const { sources, anonymitySet, caveats } = desk(false, { kind: "unreachable", why: "away" }).status()
  expect(sources.find(({ id }) => id === "eaas")).toMatchObject({ simulated: null })
  expect(anonymitySet).toBe(0)
  expect(caveats.join(" ")).toContain("may be simulated")
})

test("without a quantum source nothing is claimed of one", () => {
  const { sources, caveats } = desk(false, { kind: "off" }).status()
  expect(sources.find(({ id }) => id === "eaas")).toMatchObject({ simulated: null, state: "off" })
  expect(caveats.join(" ")).not.toContain("quantum source")
})

test.for([
  { channel: "one-time pad", simulated: false, downgraded: false },
  { channel: "one-time pad, simulated link", simulated: true, downgraded: false },
  { channel: "aes-256-gcm", simulated: false, downgraded: true },
  { channel: "aes-256-gcm, simulated link, bootstrapped key", simulated: true, downgraded: true },
])("a key that came over “$channel” is told as what it is", ({ channel, simulated, downgraded }) => {
  const caveats = desk(false, { kind: "ok", at: 1 }, channel).status().caveats.join(" ")
  expect(caveats.includes("quantum channel to the Local Provider is simulated")).toBe(simulated)
  expect(caveats.includes("not with a one-time pad")).toBe(downgraded)
  expect(caveats).toContain("is that one's word: nobody signs it")
})

test("where nothing was said of how a key came, nothing is told of it", () => {
  expect(desk(false, { kind: "ok", at: 1 }).status().caveats.join(" ")).not.toContain("nobody signs it")
})

test("a platform that signed two roots for one epoch is named first, and both statements are there for whoever checks", () => {
  const statement = {
    service: new Uint8Array(32).fill(7),
    epoch: 12,
    revision: 1,
    opensAt: 1,
    closesAt: 2,
    nonce: new Uint8Array(32),
    root: FieldElement.of(5n),
    size: 70,
    leaves: new Uint8Array(32),
    circuit: new Uint8Array(32),
    authenticationSignature: new Uint8Array(64),
    validationSignature: new Uint8Array(64),
  }
  const conflict = [statement, { ...statement, size: 1 }] as const
  const { caveats, rootConflicts } = desk(false, { kind: "refused", why: "two" }, undefined, [conflict]).status()
  expect(caveats[0]).toMatch(
    /^The entropy platform 0707070707070707 signed two different lists of members for epoch 12/,
  )
  expect(rootConflicts).toMatchObject([{ epoch: 12, revision: 1 }])
  const shown = rootConflicts[0]!.evidence.map((hex) => decodeSealedEpoch(fromHex(hex)!))
  expect(shown).toMatchObject([{ value: { size: 70 } }, { value: { size: 1 } }])
})
