import { once } from "node:events"
import { createServer, type AddressInfo } from "node:net"

import {
  EntropyClientError,
  HttpAuthentication,
  LoopbackTap,
  RootWitness,
  Unreachable,
  type AuthenticationApi,
  type EntropyClientFault,
  type Tap,
} from "@starling/eaas"
import {
  decodeEpochVerdict,
  decodeKeyResponse,
  decodeSealedEpoch,
  encodeEpochStatement,
  encodeKeyResponse,
  encodeSealedEpoch,
  type EpochStatement,
  type KeyResponse,
} from "@starling/eaas/frames"
import {
  enrolledClient,
  HOUR,
  memoryJournal,
  obtain,
  patience,
  tapAt,
  clientOf,
  type TestPlatform,
} from "@starling/eaas/test-platform"
import { osEntropy } from "@starling/entropy/node"
import { concat, toHex, type Bytes } from "@starling/kernel"
import { FieldElement } from "@starling/proof"
import { succeededIf, type Attack } from "./attack.ts"
import { currentEpoch, enrol, requestOf, sound } from "./scene.ts"
import { proposalOf } from "./unforgeability.ts"

const property = "anonymity"

/** Nullifier, KEM key and proof, at the end of a request. */
const RANDOM_BYTES = 32 + 1216 + 256

/** Attacks by AS, PVS and Local Providers, alone or together, that want to know who asked for a key. */
export const ANONYMITY: readonly Attack[] = [
  {
    id: "requests by their shape",
    property,
    name: "tells users apart by what of their requests and answers is not random",
    async run(scene) {
      const at = await scene.platform()
      const members = [await enrol(at, 1), await enrol(at, 2), await enrol(at, 65_535), await enrol(at, 300)]
      const shapes = []
      for (const member of members) {
        const { frame } = await requestOf(scene, member, { k: member.quota - 1 > 60_000 ? 50_000 : 0 })
        const answer = await at.lps[0].request(frame, patience)
        shapes.push(
          [frame.length, toHex(frame.slice(0, frame.length - RANDOM_BYTES)), answer.length, shapeOf(answer)].join(),
        )
      }
      return succeededIf(new Set(shapes).size > 1)
    },
  },
  {
    id: "exchanges by their shape",
    property,
    name: "tells users apart by their HTTP exchanges with the AS and the Local Provider",
    async run(scene) {
      const at = await scene.platform()
      const requests: Bytes[] = []
      const tap = listening(at, requests)
      const clients = [await enrolledClient(at, scene.proofs, { tap }), await enrolledClient(at, scene.proofs, { tap })]
      for (const client of clients) await obtain(client)
      const seen = await Promise.all(requests.map(async (request) => await exchangesOf(at, request)))
      return succeededIf(new Set(seen).size > 1)
    },
  },
  {
    id: "two requests of one user",
    property,
    name: "links two requests of a user by a piece that they share",
    async run(scene) {
      const at = await scene.platform()
      const requests: Bytes[] = []
      const client = await enrolledClient(at, scene.proofs, { tap: listening(at, requests) })
      await obtain(client)
      await obtain(client)
      const random = requests.map((request) => toHex(request.slice(request.length - RANDOM_BYTES)))
      return succeededIf(sharesPiece(random[0] ?? "", random[1] ?? ""))
    },
  },
  {
    id: "requests of one user in two epochs",
    property,
    name: "links a user's requests across epochs by their nullifiers",
    async run(scene) {
      const at = await scene.platform()
      const member = await enrol(at)
      const first = await requestOf(scene, member)
      at.clock.time += 25 * HOUR
      await at.as.sealIfDue(patience)
      const second = await requestOf(scene, member)
      return succeededIf(first.statement.nullifier === second.statement.nullifier)
    },
  },
  {
    id: "order of the leaves",
    property,
    name: "reads from the list of members who registered when",
    async run(scene) {
      const at = await scene.platform()
      for (let i = 0; i < 6; i++) await enrol(at)
      const { leaves } = await currentEpoch(at)
      return succeededIf(leaves.some((leaf, i) => i > 0 && leaf < (leaves[i - 1] ?? leaf)))
    },
  },
  {
    id: "two lists for one epoch, from the PVS",
    property,
    name: "has the PVS sign another list of members for an epoch and revision that it signed already",
    async run(scene) {
      const at = await scene.platform()
      await enrol(at)
      const { sealed } = await currentEpoch(at)
      const alone = [FieldElement.of(BigInt(sealed.revision) + 77n)]
      const frame = proposalOf(sealed, alone, { revision: sealed.revision }, at.asKey)
      const verdict = sound(decodeEpochVerdict(await at.pvs.countersign(frame)))
      return succeededIf(verdict.kind === "countersigned")
    },
  },
  showing(
    "two lists for one epoch, to a client",
    "shows a user another list for the epoch that it has seen",
    "two-roots",
    {
      change: (frame, at) => signedEpoch(frame, at, { nonce: osEntropy(32) }),
    },
  ),
  {
    id: "two lists for one epoch, to two people",
    property,
    name: "shows two people a list each for one epoch, with both servers in league, and the two compare",
    async run(scene) {
      const at = await scene.platform()
      await enrol(at)
      const { sealed } = await currentEpoch(at)
      const [ana, bo] = [rootWitness(), rootWitness()]
      ana.note(at.platform, sealed)
      bo.note(
        at.platform,
        sound(decodeSealedEpoch(signedEpoch(encodeSealedEpoch(sealed), at, { nonce: osEntropy(32) }))),
      )
      bo.hear(ana.tell())
      return succeededIf(bo.conflictOf(at.platform.service) === undefined)
    },
  },
  showing("list of the AS alone", "shows a user a list that the PVS has not signed", "bad-signature", {
    change: (frame) => concat(frame.slice(0, -64), osEntropy(64)),
  }),
  showing("small set", "lets a user hide among fewer than it asked for", "set-too-small", {
    change: (frame) => frame,
    minimumSet: 1_000_000,
  }),
]

function rootWitness(): RootWitness {
  return new RootWitness({ load: () => undefined, save: () => {} })
}

/** The AS shows `change` of the epoch to a client that has seen the epoch as it is. */
function showing(
  id: string,
  name: string,
  reason: EntropyClientFault,
  options: {
    readonly change: (frame: Bytes, at: TestPlatform) => Bytes
    readonly minimumSet?: number
  },
): Attack {
  return {
    id,
    property,
    name,
    async run(scene) {
      const at = await scene.platform()
      const journal = memoryJournal()
      await obtain(await enrolledClient(at, scene.proofs, { journal }))
      const shown = options.change((await at.as.newestEpoch()) ?? new Uint8Array(), at)
      const authentication: AuthenticationApi = { ...at.authentication, newestEpoch: async () => shown }
      const { minimumSet = 1 } = options
      const error: unknown = await obtain(clientOf(at, scene.proofs, { journal, authentication, minimumSet })).catch(
        (error: unknown) => error,
      )
      return succeededIf(!(error instanceof EntropyClientError && error.reason === reason))
    },
  }
}

/** The epoch of this frame with something changed, and signed by both servers all the same. */
export function signedEpoch(frame: Bytes, at: TestPlatform, change: Partial<EpochStatement>): Bytes {
  const statement = { ...sound(decodeSealedEpoch(frame)), ...change }
  const signed = encodeEpochStatement(statement)
  const signatures = { authenticationSignature: at.asKey.sign(signed), validationSignature: at.pvsKey.sign(signed) }
  return encodeSealedEpoch({ ...statement, ...signatures })
}

function listening(at: TestPlatform, requests: Bytes[]): Tap {
  return {
    ...tapAt(at.lps[0]),
    transceive: async (request, signal) => {
      requests.push(request)
      return await at.lps[0].request(request, signal)
    },
  }
}

/** An answer with all that is random in it made zero. */
function shapeOf(frame: Bytes): string {
  const answer: KeyResponse = sound(decodeKeyResponse(frame))
  if (answer.kind !== "answered") return answer.reason
  const zero = FieldElement.of(0n)
  const blank = {
    nullifier: zero,
    context: zero,
    kemCiphertext: zeros(answer.kemCiphertext),
    signature: zeros(answer.signature),
  }
  return toHex(encodeKeyResponse({ ...answer, ...blank, sealedKey: zeros(answer.sealedKey) }))
}

function zeros(bytes: Bytes): Bytes {
  return new Uint8Array(bytes.length)
}

/** Whether eight bytes at the same place, or shifted by whole bytes up to the KEM key's parts, are in both. */
function sharesPiece(one: string, two: string): boolean {
  const pieces = new Set<string>()
  for (let i = 0; i + 16 <= one.length; i += 2) pieces.add(one.slice(i, i + 16))
  for (let i = 0; i + 16 <= two.length; i += 2) if (pieces.has(two.slice(i, i + 16))) return true
  return false
}

/** Everything that leaves a client for the AS and the Local Provider during a request, the port and without what is random. */
async function exchangesOf(at: TestPlatform, request: Bytes): Promise<string> {
  const { sealed } = await currentEpoch(at)
  const seen: string[] = []
  const server = createServer((socket) => {
    let text = ""
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1")
      const end = text.indexOf("\r\n\r\n")
      if (end < 0) return
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0)
      if (text.length < end + 4 + length) return
      seen.push(text.slice(0, text.length - Math.min(length, RANDOM_BYTES)))
      socket.end("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
    })
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}/`
  const as = new HttpAuthentication({ ...at.platform, authentication: { ...at.platform.authentication, url } })
  const tap = new LoopbackTap({ ...at.platform.localProviders[0]!, url })
  const calls = [
    async () => await as.newestEpoch(patience),
    async () => await as.leaves(sealed.epoch, 0, patience),
    async () => await tap.transceive(request, patience),
  ]
  for (const call of calls) {
    await call().catch((error: unknown) => {
      if (!(error instanceof Unreachable)) throw error
    })
  }
  server.close()
  return seen.join().replaceAll(String(port), "PORT")
}
