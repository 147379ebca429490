import { SourceFailed, type EntropySource } from "@starling/entropy"
import { EntropyClientError, type EntropyClientFault, SigningKey, type Tap } from "@starling/eaas"
import {
  decodeClientState,
  decodeKeyRequest,
  decodeKeyResponse,
  encodeAnswerStatement,
  encodeKeyResponse,
  encodeRefusalStatement,
  sealKey,
} from "@starling/eaas/frames"
import { enrolledClient, memoryJournal, obtain, tapAt, type TestPlatform } from "@starling/eaas/test-platform"
import { osEntropy } from "@starling/entropy/node"
import type { Bytes } from "@starling/kernel"
import { createHash } from "node:crypto"
import { succeededIf, type Attack, type Outcome } from "./attack.ts"
import { answerTo, enrol, keyIn, requestOf, sound, type Scene } from "./scene.ts"

const property = "confidentiality"
const stranger = new SigningKey(osEntropy(32))

/** Attacks on the way of a key, most of them by the Local Provider that it passes through. */
export const CONFIDENTIALITY: readonly Attack[] = [
  {
    id: "forged answer",
    property,
    name: "hands a user a key of the Local Provider's own choice",
    async run(scene) {
      const at = await scene.platform()
      const forge = async (request: Bytes): Promise<Bytes> => await forgedAnswer(at, request)
      return succeededIf((await faultWith(scene, forge)) === undefined)
    },
  },
  {
    id: "answer of another user",
    property,
    name: "hands a user, as its own, what the PVS signed for another",
    async run(scene) {
      const at = await scene.platform()
      const other = await requestOf(scene, await enrol(at))
      const theirs = await at.lps[0].request(other.frame, AbortSignal.timeout(60_000))
      return succeededIf((await faultWith(scene, async () => theirs)) !== "bad-answer")
    },
  },
  {
    id: "old answer",
    property,
    name: "hands a user again what the PVS signed for its request before",
    async run(scene) {
      const at = await scene.platform()
      const journal = memoryJournal()
      let old: Bytes | undefined
      const tap: Tap = {
        ...tapAt(at.lps[0]),
        transceive: async (request, signal) => (old ??= await at.lps[0].request(request, signal)),
      }
      const client = await enrolledClient(at, scene.proofs, { journal, tap }, 2)
      await obtain(client)
      const error: unknown = await obtain(client).catch((error: unknown) => error)
      return succeededIf(!(error instanceof EntropyClientError && error.reason === "bad-answer"))
    },
  },
  refusing("forged refusal", "refuses in the PVS's name, so that a user gives up its request", (request, at) => {
    const refusal = { service: at.platform.service, request: digest(request), reason: "bad-proof" } as const
    return encodeKeyResponse({ kind: "refused", ...refusal, signature: stranger.sign(encodeRefusalStatement(refusal)) })
  }),
  refusing("refusal of another request", "passes on what the PVS said to another request", (_, at) => {
    const refusal = { service: at.platform.service, request: osEntropy(32), reason: "bad-proof" } as const
    return encodeKeyResponse({
      kind: "refused",
      ...refusal,
      signature: at.pvsKey.sign(encodeRefusalStatement(refusal)),
    })
  }),
  {
    id: "dropped answer",
    property,
    name: "drops an answer, so that the retry gets no key, or another one, and costs quota",
    async run(scene) {
      const at = await scene.platform()
      const { frame } = await requestOf(scene, await enrol(at))
      const dropped = keyIn(await answerTo(at, frame))
      return succeededIf(keyIn(await answerTo(at, frame)) !== dropped)
    },
  },
  {
    id: "key at rest",
    property,
    name: "reads keys out of the PVS's database",
    async run(scene) {
      const at = await scene.platform()
      const { bytes } = await obtain(await enrolledClient(at, scene.proofs))
      const rows = await at.database.query("select answer from issues")
      const piece = Buffer.from(bytes.slice(0, 16))
      return succeededIf(rows.some(({ answer }) => answer instanceof Uint8Array && Buffer.from(answer).includes(piece)))
    },
  },
  {
    id: "failed source",
    property,
    name: "gets a key while the quantum source fails its health tests, from something else",
    async run(scene) {
      const at = await scene.platform()
      const { frame } = await requestOf(scene, await enrol(at))
      const source: EntropySource = {
        id: "a source that failed",
        kind: "conditioned",
        simulated: true,
        entropyPerByte: 8,
        read: async () => await Promise.reject(new SourceFailed("a failed source", "repetition count", "stuck")),
        [Symbol.asyncDispose]: async () => {},
      }
      const pvs = await at.openPvs(at.database, { source })
      return succeededIf(keyIn(await answerTo(at, frame, 0, pvs)) !== undefined)
    },
  },
]

/** How a client fares whose Local Provider answers with `answer`; `undefined` where it takes a key. */
async function faultWith(
  scene: Scene,
  answer: (request: Bytes) => Promise<Bytes>,
  journal = memoryJournal(),
): Promise<EntropyClientFault | undefined> {
  const at = await scene.platform()
  const tap: Tap = { ...tapAt(at.lps[0]), transceive: async (request) => await answer(request) }
  const client = await enrolledClient(at, scene.proofs, { journal, tap }, 1)
  try {
    await obtain(client)
    return undefined
  } catch (error) {
    if (error instanceof EntropyClientError) return error.reason
    throw error
  }
}

/** A Local Provider refuses: it succeeds where the client forgets the request, whose key may have been issued. */
function refusing(id: string, name: string, refusal: (request: Bytes, at: TestPlatform) => Bytes): Attack {
  return {
    id,
    property,
    name,
    async run(scene): Promise<Outcome> {
      const at = await scene.platform()
      const journal = memoryJournal()
      await faultWith(scene, async (request) => refusal(request, at), journal)
      const state = sound(decodeClientState(journal.state ?? new Uint8Array()))
      return succeededIf(state.memberships.every(({ pending }) => pending === undefined))
    },
  }
}

/** What the Local Provider can make on its own: anybody can encrypt to a public key. */
async function forgedAnswer(at: TestPlatform, request: Bytes): Promise<Bytes> {
  const fields = sound(decodeKeyRequest(request))
  const genuine = sound(decodeKeyResponse(await at.lps[0].request(request, AbortSignal.timeout(60_000))))
  if (genuine.kind !== "answered") throw new Error("an honest request was refused")
  const binding = { context: genuine.context, nullifier: genuine.nullifier, localProvider: at.lps[0].id }
  const sealed = sound(sealKey(osEntropy(fields.keySize), fields.kemPublicKey, binding, osEntropy(64)))
  const answer = { ...genuine, ...sealed }
  return encodeKeyResponse({ ...answer, signature: stranger.sign(encodeAnswerStatement(answer)) })
}

function digest(bytes: Bytes): Bytes {
  return new Uint8Array(createHash("sha256").update(bytes).digest())
}
