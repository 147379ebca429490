import { osEntropy } from "@starling/entropy/node"
import type { Bytes } from "@starling/kernel"
import { FieldElement, MerkleTree } from "@starling/proof"
import { EntropyClientError, SigningKey, type AuthenticationApi } from "@starling/eaas"
import {
  decodeEpochVerdict,
  decodeSealedEpoch,
  encodeEpochProposal,
  encodeEpochStatement,
  encodeLeafList,
  encodeSealedEpoch,
  type EpochStatement,
} from "@starling/eaas/frames"
import { sha256 } from "@noble/hashes/sha2.js"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { clientOf, enrolledClient, HOUR, memoryJournal, patience, testPlatform, type TestPlatform } from "./platform.ts"

const neverProve = { prove: async () => await Promise.reject(new Error("no proof was to be made")) }

let at: TestPlatform
let current: EpochStatement

beforeAll(async () => {
  at = await testPlatform()
  await enrolledClient(at, neverProve)
  const sealed = decodeSealedEpoch((await at.as.newestEpoch())!)
  if (sealed.kind === "malformed") throw new Error(sealed.why)
  current = sealed.value
}, 60_000)

afterAll(async () => await at[Symbol.asyncDispose]())

const leavesOf = (...values: bigint[]) => values.map((value) => FieldElement.of(value))

/** What the AS's key would sign as the next revision, with some of it changed. */
const proposal = (change: Partial<EpochStatement>, leaves = leavesOf(5n, 6n), key = at.asKey): Bytes => {
  const list = encodeLeafList(leaves)
  const root = MerkleTree.of(leaves).root
  const seal = { revision: current.revision + 1, nonce: osEntropy(32), root, size: leaves.length }
  const statement = { ...current, ...seal, leaves: new Uint8Array(sha256(list)), ...change }
  return encodeEpochProposal({
    statement,
    authenticationSignature: key.sign(encodeEpochStatement(statement)),
    leaves: list,
  })
}

const verdictOn = async (frame: Bytes) => {
  const verdict = decodeEpochVerdict(await at.pvs.countersign(frame))
  if (verdict.kind === "malformed") throw new Error(verdict.why)
  return verdict.value.kind === "refused" ? verdict.value.reason : verdict.value.kind
}

describe("the PVS doesn't counter-sign", () => {
  test.for<{ name: string; expected: string; frame: () => Bytes }>([
    {
      name: "what another key signed",
      expected: "bad-signature",
      frame: () => proposal({}, undefined, new SigningKey(osEntropy(32))),
    },
    {
      name: "an epoch of another platform",
      expected: "wrong-service",
      frame: () => proposal({ service: osEntropy(32) }),
    },
    {
      name: "a root that is not that of the leaves",
      expected: "wrong-root",
      frame: () => proposal({ root: FieldElement.of(7n) }),
    },
    { name: "the root zero", expected: "wrong-root", frame: () => proposal({ root: FieldElement.of(0n) }) },
    { name: "another size than the list's", expected: "wrong-root", frame: () => proposal({ size: 3 }) },
    {
      name: "another digest than the list's",
      expected: "wrong-root",
      frame: () => proposal({ leaves: osEntropy(32) }),
    },
    { name: "an empty epoch", expected: "empty-set", frame: () => proposal({}, []) },
    { name: "another circuit", expected: "other-circuit", frame: () => proposal({ circuit: osEntropy(32) }) },
    { name: "an epoch out of turn", expected: "not-next", frame: () => proposal({ epoch: current.epoch + 2 }) },
    { name: "a revision out of turn", expected: "not-next", frame: () => proposal({ revision: current.revision + 2 }) },
    {
      name: "a second statement of one seal",
      expected: "not-next",
      frame: () => proposal({ revision: current.revision }),
    },
    {
      name: "a revision that moves the epoch's end",
      expected: "not-next",
      frame: () => proposal({ closesAt: current.closesAt + HOUR }),
    },
    {
      name: "an epoch that begins before the last one ended",
      expected: "not-next",
      frame: () => proposal({ epoch: current.epoch + 1, revision: 0 }),
    },
    {
      name: "an epoch of the future",
      expected: "wrong-time",
      frame: () =>
        proposal({
          epoch: current.epoch + 1,
          revision: 0,
          opensAt: current.closesAt,
          closesAt: current.closesAt + HOUR,
        }),
    },
    { name: "garbage", expected: "malformed", frame: () => osEntropy(400) },
  ])("$name: $expected", async ({ expected, frame }) => {
    const before = await at.database.query("select count(*)::integer as n from sealed_epochs")
    expect(await verdictOn(frame())).toBe(expected)
    expect(await at.database.query("select count(*)::integer as n from sealed_epochs")).toEqual(before)
  })
})

test("an AS that stopped between writing an epoch and its counter-signature publishes that very epoch", async () => {
  let lost = true
  let proposed: Bytes | undefined
  await using own = await testPlatform({
    sealOnRegistration: false,
    validation: (pvs) => ({
      request: async (frame, signal) => await pvs.request(frame, signal),
      countersign: async (frame, signal) => {
        const verdict = await pvs.countersign(frame, signal)
        if (!lost) return verdict
        proposed = frame
        throw new Error("the power fails")
      },
    }),
  })
  await enrolledClient(own, neverProve)
  await expect(own.as.seal(patience)).rejects.toThrow("the power fails")
  expect(await own.as.newestEpoch()).toBeUndefined()
  lost = false
  await own.as.sealIfDue(patience)
  const published = decodeSealedEpoch((await own.as.newestEpoch())!)
  if (published.kind === "malformed") throw new Error(published.why)
  expect(Buffer.from(proposed!).includes(Buffer.from(encodeEpochStatement(published.value)))).toBe(true)
})

describe("a client refuses", () => {
  const shown = async (change: (frame: Bytes) => Bytes): Promise<AuthenticationApi> => {
    const frame = change((await at.as.newestEpoch())!)
    return { ...at.authentication, newestEpoch: async () => frame }
  }

  const signedBy = (asKey: SigningKey, pvsKey: SigningKey, change: Partial<EpochStatement>) => (frame: Bytes) => {
    const sealed = decodeSealedEpoch(frame)
    if (sealed.kind === "malformed") throw new Error(sealed.why)
    const statement = { ...sealed.value, ...change }
    const signed = encodeEpochStatement(statement)
    return encodeSealedEpoch({
      ...statement,
      authenticationSignature: asKey.sign(signed),
      validationSignature: pvsKey.sign(signed),
    })
  }

  test.for<{ name: string; reason: string; change: () => (frame: Bytes) => Bytes }>([
    {
      name: "an epoch that the PVS has not signed",
      reason: "bad-signature",
      change: () => signedBy(at.asKey, at.asKey, {}),
    },
    {
      name: "an epoch that the AS has not signed",
      reason: "bad-signature",
      change: () => signedBy(at.pvsKey, at.pvsKey, {}),
    },
    { name: "a cut epoch", reason: "bad-signature", change: () => (frame) => frame.slice(0, -1) },
    {
      name: "another circuit",
      reason: "other-circuit",
      change: () => signedBy(at.asKey, at.pvsKey, { circuit: osEntropy(32) }),
    },
    {
      name: "a list of members with another root",
      reason: "wrong-root",
      change: () => signedBy(at.asKey, at.pvsKey, { root: FieldElement.of(9n) }),
    },
    {
      name: "a list of members with another digest",
      reason: "wrong-root",
      change: () => signedBy(at.asKey, at.pvsKey, { leaves: osEntropy(32) }),
    },
    {
      name: "another size than the list's",
      reason: "wrong-root",
      change: () => signedBy(at.asKey, at.pvsKey, { size: 99 }),
    },
    {
      name: "an epoch of tomorrow",
      reason: "clock",
      change: () => signedBy(at.asKey, at.pvsKey, { opensAt: current.opensAt + 23 * HOUR }),
    },
    {
      name: "an epoch of yesterday",
      reason: "clock",
      change: () => signedBy(at.asKey, at.pvsKey, { closesAt: current.opensAt - HOUR }),
    },
  ])("$name: $reason", async ({ reason, change }) => {
    const client = await enrolledClient(at, neverProve, { authentication: await shown(change()) })
    await expect(
      client.obtain(
        1024,
        patience,
        () => {},
        () => {},
      ),
    ).rejects.toMatchObject({ reason })
  })

  test("a set that is too small to hide in", async () => {
    const client = await enrolledClient(at, neverProve, { minimumSet: 1000 })
    await expect(
      client.obtain(
        1024,
        patience,
        () => {},
        () => {},
      ),
    ).rejects.toMatchObject({ reason: "set-too-small" })
  })

  test("a second epoch in place of the one that it has seen, and an older one", async () => {
    const journal = memoryJournal()
    const client = await enrolledClient(at, neverProve, { journal })
    const seen = (await at.as.newestEpoch())!
    await expect(
      client.obtain(
        1024,
        patience,
        () => {},
        () => {},
      ),
    ).rejects.toMatchObject({ reason: "proof-failed" })
    for (const change of [
      signedBy(at.asKey, at.pvsKey, { nonce: osEntropy(32) }),
      signedBy(at.asKey, at.pvsKey, { revision: 0 }),
    ]) {
      const authentication = { ...at.authentication, newestEpoch: async () => change(seen) }
      const singledOut = clientOf(at, neverProve, { journal, authentication })
      await expect(
        singledOut.obtain(
          1024,
          patience,
          () => {},
          () => {},
        ),
      ).rejects.toMatchObject({ reason: "two-roots" })
    }
  })

  test("to go on without a registration, and where the platform never sealed its leaf", async () => {
    await expect(
      clientOf(at, neverProve).obtain(
        1024,
        patience,
        () => {},
        () => {},
      ),
    ).rejects.toBeInstanceOf(EntropyClientError)
    await using own = await testPlatform({ sealOnRegistration: false })
    const first = await enrolledClient(own, neverProve)
    await expect(
      first.obtain(
        1024,
        patience,
        () => {},
        () => {},
      ),
    ).rejects.toMatchObject({ reason: "epoch-not-open", retryAfter: undefined })
    await own.as.seal(patience)
    own.clock.time += HOUR
    const late = await enrolledClient(own, neverProve)
    await expect(
      late.obtain(
        1024,
        patience,
        () => {},
        () => {},
      ),
    ).rejects.toMatchObject({ reason: "epoch-not-open", retryAfter: 23 * HOUR })
  })

  test("a journal of a newer version, and leaves it as it is", async () => {
    const journal = memoryJournal()
    await enrolledClient(at, neverProve, { journal })
    const newer = journal.state!.slice()
    newer[newer.indexOf(1, 1 + newer[0]!)] = 2
    journal.state = newer
    expect(() => clientOf(at, neverProve, { journal }).registered).toThrow("newer Starling")
    expect(journal.state).toBe(newer)
  })
})

test("the PVS signs the same statement again, whatever the time", async () => {
  const newest = decodeSealedEpoch((await at.as.newestEpoch())!)
  if (newest.kind === "malformed") throw new Error(newest.why)
  const frame = proposal({ revision: newest.value.revision + 1 })
  expect(await verdictOn(frame)).toBe("countersigned")
  at.clock.time += 100 * HOUR
  expect(await verdictOn(frame)).toBe("countersigned")
  at.clock.time -= 100 * HOUR
})
