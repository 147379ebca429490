import type { Verifier } from "@starling/eaas"
import { decodeKeyResponse, encodeKeyRequest } from "@starling/eaas/frames"
import { forwardOf, HOUR, patience, type TestPlatform } from "@starling/eaas/test-platform"
import { osEntropy } from "@starling/entropy/node"
import { concat, type Bytes } from "@starling/kernel"
import { FieldElement, PROOF_BYTES } from "@starling/proof"
import { validationRoutes } from "../src/http/roles.ts"
import { succeededIf, type Attack } from "./attack.ts"
import { answerTo, enrol, keyIn, requestOf, sound, type MadeRequest, type Scene } from "./scene.ts"

const property = "robustness"
const CAPACITY = 8

/** Attacks that want to stop others from getting their keys, or the server from working. */
export const ROBUSTNESS: readonly Attack[] = [
  {
    id: "verification for nothing",
    property,
    name: "has the PVS verify proofs of requests that cheaper checks would refuse",
    async run(scene) {
      const at = await scene.platform()
      const spent = await requestOf(scene, await enrol(at))
      await answerTo(at, spent.frame)
      const { fields } = spent
      const garbage = { ...fields, proof: osEntropy(PROOF_BYTES) }
      const before = scene.proofs.verified
      const spoilt = forwardOf(at, spent.frame)
      spoilt.set(osEntropy(8), spoilt.length - 8)
      const frames = [
        spoilt,
        forwardOf(at, encodeKeyRequest({ ...garbage, service: osEntropy(32) })),
        forwardOf(at, encodeKeyRequest({ ...garbage, epoch: 9999 })),
        forwardOf(at, encodeKeyRequest({ ...garbage, localProvider: at.lps[1].id })),
        forwardOf(at, encodeKeyRequest({ ...garbage, keySize: 8192 })),
        forwardOf(at, osEntropy(5000)),
        osEntropy(2000),
      ]
      for (const frame of frames) await at.pvs.request(frame, patience)
      at.clock.time += 25 * HOUR
      const late = { ...garbage, nullifier: FieldElement.fromDigest(osEntropy(32)) }
      await answerTo(at, encodeKeyRequest(late))
      await at.as.sealIfDue(patience)
      return succeededIf(scene.proofs.verified > before)
    },
  },
  {
    id: "many retries at once",
    property,
    name: "has one request verified again and again by sending it many times at once",
    async run(scene) {
      const at = await scene.platform()
      const { frame } = await requestOf(scene, await enrol(at))
      const before = scene.proofs.verified
      await Promise.all(Array.from({ length: 50 }, async () => await answerTo(at, frame)))
      return succeededIf(scene.proofs.verified > before + 1)
    },
  },
  {
    id: "more than fits",
    property,
    name: "fills the PVS with more requests than it can hold",
    async run(scene) {
      const { underWay, refused } = await flood(scene, 5 * CAPACITY, [0, 1])
      return succeededIf(underWay > CAPACITY || refused === 0)
    },
  },
  {
    id: "flood through one Local Provider",
    property,
    name: "leaves users of the other Local Provider without service",
    async run(scene) {
      const { underWay } = await flood(scene, 5 * CAPACITY, [0])
      return succeededIf(underWay >= CAPACITY)
    },
  },
  {
    id: "bad proof for another's right",
    property,
    name: "burns a user's right with a bad proof for its nullifier",
    async run(scene) {
      const at = await scene.platform()
      const { fields, frame } = await requestOf(scene, await enrol(at))
      await answerTo(at, encodeKeyRequest({ ...fields, proof: osEntropy(PROOF_BYTES) }))
      return succeededIf(keyIn(await answerTo(at, frame)) === undefined)
    },
  },
  {
    id: "KEM key that is none",
    property,
    name: "makes the PVS fail with a KEM key that can't be encrypted to",
    async run(scene) {
      const at = await scene.platform()
      const member = await enrol(at)
      for (const kemPublicKey of [new Uint8Array(1216).fill(255), new Uint8Array(1216)]) {
        const { frame } = await requestOf(scene, member, { kemPublicKey })
        const answer = await answerTo(at, frame).catch(() => "failed" as const)
        if (answer === "failed") return "succeeded"
      }
      return "refused"
    },
  },
  {
    id: "bytes too many",
    property,
    name: "has a request with something added to it taken for the same one",
    async run(scene) {
      const at = await scene.platform()
      const { frame } = await requestOf(scene, await enrol(at))
      return succeededIf(keyIn(await answerTo(at, concat(frame, new Uint8Array(1)))) !== undefined)
    },
  },
  {
    id: "body too large",
    property,
    name: "has a megabyte read that no frame needs",
    async run(scene) {
      const at = await scene.platform()
      const response = await validationRoutes(at.pvs).request("/requests", {
        method: "POST",
        body: new Uint8Array(2 ** 20),
      })
      return succeededIf(response.status !== 413)
    },
  },
]

/** Sends requests with nullifiers of their own to a PVS whose verifier never ends; says how many got as far as that. */
async function flood(
  scene: Scene,
  count: number,
  branches: readonly (0 | 1)[],
): Promise<{ readonly underWay: number; readonly refused: number }> {
  const at = await scene.platform()
  const made = await requestOf(scene, await enrol(at))
  let underWay = 0
  let release = (): void => {}
  const released = new Promise<void>((resolve) => (release = resolve))
  const verifier: Verifier = {
    async verify() {
      underWay++
      await released
      return { kind: "invalid", why: "the flood is over" }
    },
  }
  const pvs = await at.openPvs(at.database, { verifier, capacity: CAPACITY })
  let refused = 0
  const settled = Array.from({ length: count }, async (_, i) => {
    const branch = branches[i % branches.length] ?? 0
    const frame = forwardOf(at, unrelated(at, made, branch), branch)
    const answer = sound(decodeKeyResponse(await pvs.request(frame, patience)))
    if (answer.kind === "turned-away") refused++
    if (refused === count - CAPACITY) release()
  })
  // The database has answered all of them long before.
  const timer = setTimeout(release, 3_000)
  await Promise.all(settled)
  clearTimeout(timer)
  return { underWay, refused }
}

function unrelated(at: TestPlatform, { fields }: MadeRequest, branch: 0 | 1): Bytes {
  const nullifier = FieldElement.fromDigest(osEntropy(32))
  return encodeKeyRequest({ ...fields, nullifier, localProvider: at.lps[branch].id, proof: osEntropy(PROOF_BYTES) })
}
