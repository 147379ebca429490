import { createHash } from "node:crypto"
import { fromHex, toHex, type Bytes } from "@starling/kernel"
import { ml_kem768_x25519 as xWing } from "@noble/post-quantum/hybrid.js"
import { commitmentOf, leafOf, MerkleTree } from "@starling/proof"
import { IdealProofs } from "@starling/proof/ideal"
import { EntropyClientError, SigningKey, type AuthenticationApi, type Tap } from "@starling/eaas"
import {
  contextOf,
  decodeClientState,
  decodeKeyResponse,
  decodeLeafList,
  decodeSealedEpoch,
  encodeForwardedRequest,
  encodeForwardStatement,
  encodeKeyRequest,
  encodeKeyResponse,
  encodeRefusalStatement,
  scopeOf,
} from "@starling/eaas/frames"
import { osEntropy } from "@starling/entropy/node"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import {
  clientOf,
  enrolledClient,
  HOUR,
  memoryJournal,
  obtain,
  patience,
  rivalRequests,
  tapAt,
  testPlatform,
  type TestPlatform,
} from "./platform.ts"

const prover = new IdealProofs()
let at: TestPlatform

beforeAll(async () => {
  at = await testPlatform({ verifier: prover })
}, 60_000)

afterAll(async () => {
  await at[Symbol.asyncDispose]()
})

const faults = async (act: Promise<unknown>) => {
  const error: unknown = await act.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(error instanceof EntropyClientError)) throw new Error("not refused as expected", { cause: error })
  expect(error.message.length).toBeGreaterThan(30)
  return { reason: error.reason, refusal: error.refusal }
}

/** A tap that hands what passes through it to somebody who may change it. */
const tapWith = (
  change: { request?: (bytes: Bytes) => Bytes; response?: (bytes: Bytes) => Bytes },
  lp = at.lps[0],
): Tap => ({
  ...tapAt(lp),
  transceive: async (request, signal) => {
    const response = await lp.request(change.request?.(request) ?? request, signal)
    return change.response?.(response) ?? response
  },
})

/** Sends nothing, and keeps the request that would have been sent. */
const requestOf = async (ports: Partial<Parameters<typeof clientOf>[2]> = {}): Promise<Bytes> => {
  let kept: Bytes | undefined
  const silent: Tap = {
    ...tapAt(at.lps[0]),
    transceive: async (request) => {
      kept = request
      return await Promise.reject(new EntropyClientError("unreachable"))
    },
  }
  const client = await enrolledClient(at, prover, { ...ports, tap: silent })
  await faults(obtain(client))
  return kept!
}

const sha256 = (bytes: Bytes): Bytes => new Uint8Array(createHash("sha256").update(bytes).digest())

const forwardBy = (lp: 0 | 1, request: Bytes): Bytes => {
  const { id } = at.lps[lp]
  const signature = at.lpKeys[lp].sign(encodeForwardStatement(id, request))
  return encodeForwardedRequest({ localProvider: id, request, signature })
}

const spoiltForward = (request: Bytes): Bytes => {
  const frame = forwardBy(0, request)
  return flip(frame, frame.length - 1)
}

const flip = (bytes: Bytes, position: number): Bytes => {
  const changed = bytes.slice()
  changed[position] = (changed[position] ?? 0) ^ 1
  return changed
}

describe("registration", () => {
  test("a second registration of the same user is refused, the identical one is not", async () => {
    const code = (await at.as.addUser("ana", 3))!
    const journal = memoryJournal()
    expect(await clientOf(at, prover, { journal }).register(code, patience)).toBe(3)
    expect(await clientOf(at, prover, { journal }).register(code, patience)).toBe(3)
    const other = clientOf(at, prover)
    expect(await faults(other.register(code, patience))).toEqual({ reason: "refused", refusal: "already-registered" })
    expect(other.registered).toBe(false)
  })

  test("a lost receipt is had again with the same commitment", async () => {
    const code = (await at.as.addUser("bea", 3))!
    const journal = memoryJournal()
    const deaf: AuthenticationApi = {
      ...at.authentication,
      register: async (frame, signal) => {
        await at.authentication.register(frame, signal)
        throw new EntropyClientError("unreachable")
      },
    }
    expect(
      await faults(clientOf(at, prover, { journal, authentication: deaf }).register(code, patience)),
    ).toMatchObject({ reason: "unreachable" })
    expect(await clientOf(at, prover, { journal }).register(code, patience)).toBe(3)
  })

  test("a renewed code registers no second commitment", async () => {
    const journal = memoryJournal()
    await clientOf(at, prover, { journal }).register((await at.as.addUser("cai", 3))!, patience)
    const renewed = (await at.as.renewCode("cai"))!
    expect(await faults(clientOf(at, prover).register(renewed, patience))).toMatchObject({
      refusal: "already-registered",
    })
    expect(await at.as.renewCode("nobody")).toBeUndefined()
  })

  test.for([
    { name: "a code that is none", code: "hello", reason: "wrong-code", refusal: undefined },
    { name: "the code of another platform", code: "a".repeat(52), reason: "other-platform", refusal: undefined },
  ])("$name is refused before anything is sent", async ({ code, reason, refusal }) => {
    expect(await faults(clientOf(at, prover).register(code, patience))).toEqual({ reason, refusal })
  })

  test("a code that was never given out is refused", async () => {
    const real = (await at.as.addUser("dan", 3))!
    const invented = `aaaaaaaa${real.slice(8)}`
    expect(await faults(clientOf(at, prover).register(invented, patience))).toEqual({
      reason: "refused",
      refusal: "unknown-code",
    })
  })
})

describe("a Local Provider", () => {
  test.for([
    {
      name: "swaps the key to encrypt to",
      request: (bytes: Bytes) => swapKemKey(bytes),
      response: undefined,
      expected: { reason: "refused", refusal: "bad-proof" },
    },
    {
      name: "changes the proof",
      request: (bytes: Bytes) => flip(bytes, bytes.length - 1),
      response: undefined,
      expected: { reason: "refused", refusal: "bad-proof" },
    },
    {
      name: "swaps the ciphertext",
      request: undefined,
      response: (bytes: Bytes) => flip(bytes, bytes.length - 80),
      expected: { reason: "bad-answer", refusal: undefined },
    },
    {
      name: "changes the name of the source",
      request: undefined,
      response: (bytes: Bytes) => flip(bytes, 160),
      expected: { reason: "bad-answer", refusal: undefined },
    },
    {
      name: "breaks the signature",
      request: undefined,
      response: (bytes: Bytes) => flip(bytes, bytes.length - 1),
      expected: { reason: "bad-answer", refusal: undefined },
    },
    {
      name: "cuts the answer",
      request: undefined,
      response: (bytes: Bytes) => bytes.slice(0, -1),
      expected: { reason: "bad-answer", refusal: undefined },
    },
  ])("that $name hands over no key", async ({ request, response, expected }) => {
    const journal = memoryJournal()
    const client = await enrolledClient(at, prover, {
      journal,
      tap: tapWith({ ...(request && { request }), ...(response && { response }) }),
    })
    // A changed request is not the one the PVS's refusal is bound to, so the client doesn't even believe the refusal.
    expect(await faults(obtain(client))).toEqual(
      request === undefined ? expected : { reason: "bad-answer", refusal: undefined },
    )
    expect((await obtain(clientOf(at, prover, { journal }))).bytes).toHaveLength(1024)
  })

  test("that answers with another user's answer hands over no key", async () => {
    let others: Bytes | undefined
    const spy = tapWith({ response: (bytes) => (others = bytes) })
    await obtain(await enrolledClient(at, prover, { tap: spy }))
    const client = await enrolledClient(at, prover, { tap: tapWith({ response: () => others! }) })
    expect(await faults(obtain(client))).toMatchObject({ reason: "bad-answer" })
  })

  test("can't refuse in the PVS's name, and a client keeps its request", async () => {
    const forger = new SigningKey(osEntropy(32))
    let refusal: Bytes | undefined
    const spy = tapWith({ response: (bytes) => (refusal = bytes) }, at.lps[0])
    const stranger = await enrolledClient(at, prover, {
      tap: {
        ...spy,
        transceive: async (request, signal) => await spy.transceive(flip(request, request.length - 1), signal),
      },
    })
    await faults(obtain(stranger))
    const forged = refusal!.slice()
    forged.set(forger.sign(forged.slice(0, -64)), forged.length - 64)
    const journal = memoryJournal()
    const client = await enrolledClient(at, prover, { journal, tap: tapWith({ response: () => forged }) }, 1)
    expect(await faults(obtain(client))).toMatchObject({ reason: "bad-answer" })
    expect((await obtain(clientOf(at, prover, { journal }))).bytes).toHaveLength(1024)
  })

  test.for([
    { name: "spoils its signature", forward: spoiltForward },
    { name: "leaves its signature out", forward: (request: Bytes) => request },
    { name: "has the other one forward it", forward: (request: Bytes) => forwardBy(1, request) },
  ])("that keeps an issued key back and then $name loses nobody a key", async ({ forward }) => {
    const journal = memoryJournal()
    const thief: Tap = {
      ...tapAt(at.lps[0]),
      transceive: async (request, signal) => {
        await at.lps[0].request(request, signal)
        return await at.pvs.request(forward(request), signal)
      },
    }
    const client = await enrolledClient(at, prover, { journal, tap: thief }, 1)
    expect(await faults(obtain(client))).toMatchObject({ reason: "turned-away" })
    expect((await obtain(clientOf(at, prover, { journal }))).bytes).toHaveLength(1024)
  })

  test.for(["unknown-local-provider", "wrong-local-provider", "malformed", "wrong-service", "unknown-epoch"] as const)(
    "that has a genuine refusal %s, made before any key was looked for, makes no client forget its request",
    async (reason) => {
      const journal = memoryJournal()
      const tap: Tap = {
        ...tapAt(at.lps[0]),
        transceive: async (request, signal) => {
          await at.lps[0].request(request, signal)
          const refusal = { service: at.platform.service, request: sha256(request), reason }
          const signature = at.pvsKey.sign(encodeRefusalStatement(refusal))
          return encodeKeyResponse({ kind: "refused", ...refusal, signature })
        },
      }
      const client = await enrolledClient(at, prover, { journal, tap }, 1)
      expect(await faults(obtain(client))).toEqual({ reason: "refused", refusal: reason })
      expect((await obtain(clientOf(at, prover, { journal }))).bytes).toHaveLength(1024)
    },
  )

  test("can't redeem a request that is for the other one", async () => {
    const journal = memoryJournal()
    const client = await enrolledClient(at, prover, { journal, tap: tapAt(at.lps[1]) })
    expect(await faults(obtain(client))).toEqual({ reason: "turned-away", refusal: "wrong-local-provider" })
  })
})

describe("the PVS", () => {
  test("gives a replayed request the same answer and no second key", async () => {
    const request = await requestOf()
    const first = await at.lps[0].request(request, patience)
    expect(toHex(await at.lps[0].request(request, patience))).toBe(toHex(first))
    const [row] = await at.database.query("select count(*)::integer as n from issues where answer = $1", [first])
    expect(row).toEqual({ n: 1 })
  })

  test("gives 20 parallel double spends of one nullifier one key", async () => {
    const requests = await rivalRequests(at, prover, 2)
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => await at.lps[0].request(requests[i % 2]!, patience)),
    )
    const keys = answers.filter((answer) => answer.length > 1024)
    expect(keys).toHaveLength(10)
    expect(new Set(keys.map((key) => toHex(key))).size).toBe(1)
  })

  test("refuses a proof of an earlier root, and the client makes a new one without losing quota", async () => {
    const journal = memoryJournal()
    const silent: Tap = {
      ...tapAt(at.lps[0]),
      transceive: async () => await Promise.reject(new EntropyClientError("unreachable")),
    }
    await faults(obtain(await enrolledClient(at, prover, { journal, tap: silent }, 1)))
    await enrolledClient(at, prover) // Seals anew.
    const key = await obtain(clientOf(at, prover, { journal }))
    expect(key.bytes).toHaveLength(1024)
    expect(await faults(obtain(clientOf(at, prover, { journal })))).toMatchObject({ reason: "quota-used-up" })
  })

  test("takes each right of the quota once, also from a journal that was restored from a copy", async () => {
    const journal = memoryJournal()
    await enrolledClient(at, prover, { journal }, 2)
    const copy = journal.state
    await obtain(clientOf(at, prover, { journal }))
    journal.state = copy
    await obtain(clientOf(at, prover, { journal }))
    journal.state = copy
    expect(await faults(obtain(clientOf(at, prover, { journal })))).toMatchObject({ reason: "quota-used-up" })
  })
})

test("a proof for a tree of one's own, or of a leaf with a larger quota, is refused", async () => {
  const journal = memoryJournal()
  await enrolledClient(at, prover, { journal }, 1)
  const state = decodeClientState(journal.state!)
  const sealed = decodeSealedEpoch((await at.as.newestEpoch())!)
  const members = decodeLeafList((await at.as.leaves(1, sealed.kind === "ok" ? sealed.value.revision : -1))!)
  if (state.kind === "malformed" || sealed.kind === "malformed" || members.kind === "malformed")
    throw new Error("no epoch")
  const { secret, trapdoor } = state.value.memberships[0]!
  const { service } = at.platform
  const { epoch, revision, nonce } = sealed.value
  const kemPublicKey = new Uint8Array(xWing.keygen(osEntropy(32)).publicKey)
  const address = { service, localProvider: at.lps[0].id, epoch, revision, keySize: 1024, kemPublicKey } as const
  const inflated = leafOf(commitmentOf(secret, trapdoor), 100)
  for (const leaves of [[inflated], members.value.map((leaf, i) => (i === 0 ? inflated : leaf))]) {
    const context = contextOf({ ...address, nonce })
    const witness = {
      secret,
      trapdoor,
      quota: 100,
      k: 50,
      leafIndex: 0,
      siblings: MerkleTree.of(leaves).path(0),
      scope: scopeOf(service, epoch),
      context,
    }
    const { proof, statement } = await prover.prove(witness)
    const response = await at.lps[0].request(
      encodeKeyRequest({ ...address, nullifier: statement.nullifier, proof }),
      patience,
    )
    expect(decodeKeyResponse(response)).toMatchObject({ kind: "ok", value: { kind: "refused", reason: "bad-proof" } })
  }
})

test("a request of an epoch that is over is refused, and the client makes one for the next", async () => {
  await using own = await testPlatform({ verifier: prover })
  const journal = memoryJournal()
  let late: Bytes | undefined
  const silent: Tap = {
    ...tapAt(own.lps[0]),
    transceive: async (request) => ((late = request), await Promise.reject(new EntropyClientError("unreachable"))),
  }
  await faults(obtain(await enrolledClient(own, prover, { journal, tap: silent }, 1)))
  own.clock.time += 25 * HOUR
  await own.as.sealIfDue(patience)
  expect(decodeKeyResponse(await own.lps[0].request(late!, patience))).toMatchObject({
    value: { reason: "epoch-closed" },
  })
  expect((await obtain(clientOf(own, prover, { journal }))).delivery.epoch).toBe(2)
})

test("a request with k at the quota has no proof", async () => {
  const witness = { secret: 1n, trapdoor: 2n, quota: 1, k: 1, leafIndex: 0, siblings: [], scope: 3n, context: 4n }
  await expect(prover.prove(witness as never)).rejects.toThrow("k-not-below-quota")
})

test("an epoch that is over serves no new request, and the next one does", async () => {
  const own = await testPlatform({ verifier: prover })
  const journal = memoryJournal()
  const client = await enrolledClient(own, prover, { journal }, 1)
  own.clock.time += 25 * HOUR
  expect(await faults(obtain(client))).toMatchObject({ reason: "clock" })
  await own.as.sealIfDue(patience)
  expect((await obtain(client)).delivery.epoch).toBe(2)
  await own[Symbol.asyncDispose]()
})

function swapKemKey(request: Bytes): Bytes {
  const swapped = request.slice()
  // X25519's part, at the end of the KEM key, in front of the proof: any other point is a valid key too.
  swapped.set(fromHex("09".padEnd(64, "0"))!, request.length - 256 - 32)
  return swapped
}
