import { fc, test } from "@fast-check/vitest"
import { osEntropy } from "@starling/entropy/node"
import { LocalProvider, SigningKey } from "@starling/eaas"
import {
  decodeClientState,
  decodeEpochProposal,
  decodeEpochVerdict,
  decodeForwardedRequest,
  decodeKeyRequest,
  decodeKeyResponse,
  decodeLeafList,
  decodeRegistration,
  decodeRegistrationAnswer,
  decodeSealedEpoch,
  encodeForwardedRequest,
  encodeForwardStatement,
  encodeKeyRequest,
} from "@starling/eaas/frames"
import { FieldElement } from "@starling/proof"
import { afterAll, beforeAll, describe, expect } from "vitest"
import { patience, testPlatform, type TestPlatform } from "./platform.ts"
import { vectors } from "./vectors.ts"

const decoders = {
  decodeClientState,
  decodeEpochProposal,
  decodeEpochVerdict,
  decodeForwardedRequest,
  decodeKeyRequest,
  decodeKeyResponse,
  decodeLeafList,
  decodeRegistration,
  decodeRegistrationAnswer,
  decodeSealedEpoch,
}

const frames = Object.values(vectors).map(({ bytes }) => bytes)

/** Real frames with a few bytes changed, cut or added: what random bytes alone would never look like. */
const damaged = fc
  .record({
    frame: fc.constantFrom(...frames),
    at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    put: fc.uint8Array({ maxLength: 8 }),
    drop: fc.nat({ max: 40 }),
  })
  .map(({ frame, at, put, drop }) => {
    const position = Math.floor(at * frame.length)
    return new Uint8Array([...frame.slice(0, position), ...put, ...frame.slice(position + drop)])
  })

const anything = fc.oneof(
  damaged,
  fc.uint8Array({ maxLength: 400 }).map((bytes) => new Uint8Array(bytes)),
)

describe.each(Object.entries(decoders))("%s", (_, decode) => {
  test.prop([anything])("never throws", (bytes) => {
    expect(["ok", "malformed"]).toContain(decode(bytes).kind)
  })
})

describe("a role lives through garbage", () => {
  let at: TestPlatform
  beforeAll(async () => {
    at = await testPlatform()
  }, 60_000)
  afterAll(async () => await at[Symbol.asyncDispose]())

  test.prop([anything], { numRuns: 60 })("the Authentication Server", async (bytes) => {
    const [before] = await at.database.query("select count(*)::integer as n from users where commitment is not null")
    expect((await at.as.register(bytes, patience)).length).toBeGreaterThan(0)
    expect(await at.database.query("select count(*)::integer as n from users where commitment is not null")).toEqual([
      before,
    ])
  })

  test.prop([anything], { numRuns: 60 })(
    "the Proof Validation Server, from anybody and from a Local Provider",
    async (bytes) => {
      await at.pvs.countersign(bytes)
      await at.pvs.request(bytes, patience)
      const { id } = at.lps[0]
      const signature = at.lpKeys[0].sign(encodeForwardStatement(id, bytes))
      const response = decodeKeyResponse(
        await at.pvs.request(encodeForwardedRequest({ localProvider: id, request: bytes, signature }), patience),
      )
      expect(response).toMatchObject({ kind: "ok", value: { kind: "turned-away" } })
      expect(await at.database.query("select * from issues")).toEqual([])
    },
  )

  test.prop([anything], { numRuns: 60 })("the Local Provider", async (bytes) => {
    expect(decodeKeyResponse(await at.lps[0].request(bytes, patience)).kind).toBe("ok")
  })

  const request = (change: Partial<Parameters<typeof encodeKeyRequest>[0]> = {}) =>
    encodeKeyRequest({
      service: at.platform.service,
      localProvider: at.lps[0].id,
      epoch: 1,
      revision: 0,
      keySize: 1024,
      nullifier: FieldElement.of(5n),
      kemPublicKey: osEntropy(1216),
      proof: osEntropy(256),
      ...change,
    })

  const reasonOf = async (frame: Uint8Array) => {
    const response = decodeKeyResponse(await at.pvs.request(frame, patience))
    if (response.kind !== "ok" || response.value.kind === "answered") return response.kind
    return `${response.value.kind} ${response.value.reason}`
  }

  test("a Local Provider speaks for itself alone", async () => {
    const [mine, other] = [at.lps[0].id, at.lps[1].id]
    const forwarded = (localProvider: typeof mine, key: SigningKey, frame = request()) =>
      encodeForwardedRequest({
        localProvider,
        request: frame,
        signature: key.sign(encodeForwardStatement(localProvider, frame)),
      })
    const stranger = new SigningKey(osEntropy(32))
    const strangerId = new LocalProvider(stranger, at.pvs).id
    expect(await reasonOf(forwarded(mine, at.lpKeys[1]))).toBe("turned-away unknown-local-provider")
    expect(await reasonOf(forwarded(strangerId, stranger))).toBe("turned-away unknown-local-provider")
    expect(await reasonOf(forwarded(other, at.lpKeys[1]))).toBe("turned-away wrong-local-provider")
    expect(await reasonOf(forwarded(mine, at.lpKeys[0]))).toBe("refused unknown-epoch")
    const elsewhere = request({ service: osEntropy(32) })
    expect(await reasonOf(forwarded(mine, at.lpKeys[0], elsewhere))).toBe("refused wrong-service")
  })

  test("a Local Provider turns away what is for another one", async () => {
    const response = decodeKeyResponse(await at.lps[1].request(request(), patience))
    expect(response).toEqual({ kind: "ok", value: { kind: "turned-away", reason: "wrong-local-provider" } })
  })

  test("all requests have one length, and all answers to one size of key", () => {
    expect(request({ keySize: 8192, epoch: 4_000_000_000 })).toHaveLength(request().length)
  })
})
