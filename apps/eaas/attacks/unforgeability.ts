import type { Database } from "@starling/eaas"
import {
  decodeEpochVerdict,
  encodeEpochProposal,
  encodeEpochStatement,
  encodeKeyRequest,
  encodeLeafList,
  type EpochStatement,
} from "@starling/eaas/frames"
import { HOUR, patience, type TestPlatform } from "@starling/eaas/test-platform"
import { osEntropy } from "@starling/entropy/node"
import { concat, type Bytes } from "@starling/kernel"
import {
  commitmentOf,
  FIELD_ORDER,
  FieldElement,
  leafOf,
  MerkleTree,
  ProofImpossible,
  TREE_DEPTH,
} from "@starling/proof"
import { SigningKey } from "@starling/eaas"
import { createHash } from "node:crypto"
import { succeededIf, type Attack, type Outcome } from "./attack.ts"
import {
  answerTo,
  currentEpoch,
  enrol,
  keyIn,
  newCode,
  newKemKey,
  register,
  requestOf,
  type Choice,
  type Member,
  type Scene,
} from "./scene.ts"

const property = "unforgeability"

/** Attacks by users, in league with Local Providers or the AS, that want keys without a right to them. */
export const UNFORGEABILITY: readonly Attack[] = [
  {
    id: "A1",
    property,
    name: "registers a leaf that is an inner node, and acts as the members below it",
    async run(scene) {
      const at = await scene.platform()
      const below = { secret: field(), trapdoor: field(), quota: 65_535 }
      const own = leafOf(commitmentOf(below.secret, below.trapdoor), below.quota)
      // The AS hashes what is registered with the quota; were its hash that of an inner node, they would be its children.
      const quota = 4
      await register(at, await newCode(at, quota), own)
      const { leaves, tree } = await currentEpoch(at)
      const position = leaves.indexOf(leafOf(own, quota))
      const siblings = [FieldElement.of(BigInt(quota)), ...tree.path(position)]
      const attempts: readonly Choice[] = [
        { witness: { siblings, leafIndex: 2 * position } },
        { witness: { siblings: siblings.slice(0, TREE_DEPTH), leafIndex: 2 * position } },
      ]
      return await anyAnswered(scene, below, attempts)
    },
  },
  {
    id: "A2",
    property,
    name: "spends a nullifier again under another encoding of the same number",
    async run(scene) {
      const at = await scene.platform()
      const { fields, frame } = await requestOf(scene, await enrol(at))
      const first = keyIn(await answerTo(at, frame))
      const alias = aliasOf(fields.nullifier)
      const canonical = FieldElement.toBytes(fields.nullifier)
      return succeededIf(isOther(first, keyIn(await answerTo(at, replaced(frame, canonical, alias)))))
    },
  },
  {
    id: "A4",
    property,
    name: "spends a nullifier again with another proof of the same statement",
    async run(scene) {
      const at = await scene.platform()
      const member = await enrol(at)
      const kemPublicKey = newKemKey()
      const [one, two] = [
        await requestOf(scene, member, { kemPublicKey }),
        await requestOf(scene, member, { kemPublicKey }),
      ]
      return succeededIf(isOther(keyIn(await answerTo(at, one.frame)), keyIn(await answerTo(at, two.frame))))
    },
  },
  swapping("A5 KEM key", "swaps the key to encrypt to", () => ({ kemPublicKey: newKemKey() })),
  swapping("A5 key size", "asks for a larger key than was proved for", () => ({ keySize: 8192 })),
  {
    id: "A5 Local Provider",
    property,
    name: "redeems a request at another Local Provider than it was made for",
    async run(scene) {
      const at = await scene.platform()
      const { fields } = await requestOf(scene, await enrol(at))
      const moved = encodeKeyRequest({ ...fields, localProvider: at.lps[1].id })
      return succeededIf(keyIn(await answerTo(at, moved, 1)) !== undefined)
    },
  },
  {
    id: "A6",
    property,
    name: "proves membership in a tree of its own",
    async run(scene) {
      const stranger = { secret: field(), trapdoor: field(), quota: 65_535 }
      await enrol(await scene.platform())
      const own = MerkleTree.of([leafOf(commitmentOf(stranger.secret, stranger.trapdoor), stranger.quota)])
      return await anyAnswered(scene, stranger, [{ witness: { leafIndex: 0, siblings: own.path(0) } }])
    },
  },
  proposing("A7 root zero", "has the PVS sign a root that is zero, or not that of the leaves", () => [
    { root: FieldElement.of(0n) },
    { root: FieldElement.of(7n) },
  ]),
  proposing("A7 empty tree", "has the PVS sign an epoch without members", () => [{}], []),
  {
    id: "A9",
    property,
    name: "asks once more than its quota",
    async run(scene) {
      const member = await enrol(await scene.platform(), 2)
      return await anyAnswered(scene, member, [{ k: 2 }, { k: -1 }, { k: 65_536 }])
    },
  },
  {
    id: "A10",
    property,
    name: "claims a larger quota than it was registered with",
    async run(scene) {
      const member = await enrol(await scene.platform(), 2)
      const { leaves, tree } = await currentEpoch(await scene.platform())
      const leafIndex = leaves.indexOf(leafOf(commitmentOf(member.secret, member.trapdoor), 2))
      const place = { leafIndex, siblings: tree.path(leafIndex) }
      return await anyAnswered(scene, { ...member, quota: 65_535 }, [{ k: 2, witness: place }])
    },
  },
  {
    id: "A11",
    property,
    name: "spends a right again for another KEM key",
    async run(scene) {
      const at = await scene.platform()
      const member = await enrol(at)
      const [one, two] = [await requestOf(scene, member), await requestOf(scene, member)]
      return succeededIf(isOther(keyIn(await answerTo(at, one.frame)), keyIn(await answerTo(at, two.frame))))
    },
  },
  {
    id: "double spend in parallel",
    property,
    name: "spends a right a hundred times at once, for ten KEM keys",
    async run(scene) {
      const at = await scene.platform()
      const member = await enrol(at)
      const rivals = await Promise.all(Array.from({ length: 10 }, async () => await requestOf(scene, member)))
      const answers = await Promise.all(
        Array.from({ length: 100 }, async (_, i) => await answerTo(at, rivals[i % 10]!.frame)),
      )
      return succeededIf(new Set(answers.map(keyIn).filter((key) => key !== undefined)).size > 1)
    },
  },
  {
    id: "double spend at two servers",
    property,
    name: "spends a right at two PVS that share a database",
    async run(scene) {
      const at = await scene.platform()
      const member = await enrol(at)
      const other = await at.openPvs(at.database)
      const [one, two] = [await requestOf(scene, member), await requestOf(scene, member)]
      const answers = await Promise.all([answerTo(at, one.frame), answerTo(at, two.frame, 0, other)])
      return succeededIf(isOther(keyIn(answers[0]), keyIn(answers[1])))
    },
  },
  {
    id: "double spend over a restart",
    property,
    name: "spends a right again after the PVS was started anew",
    async run(scene) {
      const at = await scene.platform()
      const member = await enrol(at)
      const [one, two] = [await requestOf(scene, member), await requestOf(scene, member)]
      const first = keyIn(await answerTo(at, one.frame))
      return succeededIf(isOther(first, keyIn(await answerTo(at, two.frame, 0, await at.openPvs(at.database)))))
    },
  },
  {
    id: "key before its nullifier",
    property,
    name: "gets a key whose nullifier never became durable, because the database failed in between",
    async run(scene) {
      const at = await scene.platform()
      const { frame } = await requestOf(scene, await enrol(at))
      let failing = false
      const fragile: Database = {
        query: async (sql, parameters) => await at.database.query(sql, parameters),
        transaction: async (work) =>
          await at.database.transaction(async (db) => {
            const result = await work(db)
            if (failing) throw new Error("the power fails before the commit")
            return result
          }),
        [Symbol.asyncDispose]: async () => {},
      }
      const pvs = await at.openPvs(fragile)
      failing = true
      const answer = await answerTo(at, frame, 0, pvs).catch(() => undefined)
      return succeededIf(answer !== undefined && keyIn(answer) !== undefined)
    },
  },
  {
    id: "epoch that is over",
    property,
    name: "sends a request of an epoch after its end",
    async run(scene) {
      const at = await scene.platform()
      const { frame } = await requestOf(scene, await enrol(at))
      at.clock.time += 25 * HOUR
      await at.as.sealIfDue(patience)
      return succeededIf(keyIn(await answerTo(at, frame)) !== undefined)
    },
  },
  {
    id: "epoch relabelled",
    property,
    name: "redeems the proof of one epoch in the next",
    async run(scene) {
      const at = await scene.platform()
      const { fields, frame } = await requestOf(scene, await enrol(at))
      await answerTo(at, frame)
      at.clock.time += 25 * HOUR
      await at.as.sealIfDue(patience)
      const { sealed } = await currentEpoch(at)
      const relabelled = encodeKeyRequest({ ...fields, epoch: sealed.epoch, revision: sealed.revision })
      return succeededIf(keyIn(await answerTo(at, relabelled)) !== undefined)
    },
  },
  {
    id: "revoked member",
    property,
    name: "uses a proof for a root that was replaced, as by a revocation",
    async run(scene) {
      const at = await scene.platform()
      const { frame } = await requestOf(scene, await enrol(at))
      await enrol(at)
      return succeededIf(keyIn(await answerTo(at, frame)) !== undefined)
    },
  },
  {
    id: "second leaf",
    property,
    name: "registers a second commitment, for a second quota",
    async run(scene) {
      const at = await scene.platform()
      const code = await newCode(at, 4)
      await register(at, code, commitmentOf(field(), field()))
      return succeededIf(await register(at, code, commitmentOf(field(), field())))
    },
  },
  proposing("other circuit", "has the PVS sign an epoch for a proving key of the AS's own", () => [
    { circuit: osEntropy(32) },
  ]),
  proposing(
    "epoch of a stranger",
    "has the PVS sign an epoch that the AS has not signed",
    () => [{}],
    undefined,
    () => new SigningKey(osEntropy(32)),
  ),
]

function field(): FieldElement {
  return FieldElement.fromDigest(osEntropy(32))
}

function isOther(one: string | undefined, two: string | undefined): boolean {
  return one !== undefined && two !== undefined && one !== two
}

/** The same residue modulo r, written as a larger number. */
function aliasOf(element: bigint): Bytes {
  const hex = (element + FIELD_ORDER).toString(16).padStart(64, "0")
  return new Uint8Array(Buffer.from(hex, "hex"))
}

function replaced(frame: Bytes, from: Bytes, to: Bytes): Bytes {
  const at = Buffer.from(frame).indexOf(from)
  if (at < 0) throw new Error("what is to be replaced is not in the frame")
  return concat(frame.slice(0, at), to, frame.slice(at + from.length))
}

async function anyAnswered(scene: Scene, member: Member, attempts: readonly Choice[]): Promise<Outcome> {
  const at = await scene.platform()
  for (const attempt of attempts) {
    const made = await requestOf(scene, member, attempt).catch((error: unknown) => {
      if (error instanceof ProofImpossible || error instanceof RangeError) return undefined
      throw error
    })
    if (made !== undefined && keyIn(await answerTo(at, made.frame)) !== undefined) return "succeeded"
  }
  return "refused"
}

/** Somebody between the user and the PVS changes a request that has a valid proof. */
function swapping(id: string, name: string, change: () => Partial<Parameters<typeof encodeKeyRequest>[0]>): Attack {
  return {
    id,
    property,
    name,
    async run(scene) {
      const at = await scene.platform()
      const { fields } = await requestOf(scene, await enrol(at))
      return succeededIf(keyIn(await answerTo(at, encodeKeyRequest({ ...fields, ...change() }))) !== undefined)
    },
  }
}

/** An AS that cheats proposes the next revision of the current epoch, with something changed in it. */
function proposing(
  id: string,
  name: string,
  changes: () => readonly Partial<EpochStatement>[],
  leaves: readonly FieldElement[] = [FieldElement.of(5n), FieldElement.of(6n)],
  signer: (at: TestPlatform) => SigningKey = (at) => at.asKey,
): Attack {
  return {
    id,
    property,
    name,
    async run(scene) {
      const at = await scene.platform()
      await enrol(at)
      for (const change of changes()) {
        const { sealed } = await currentEpoch(at)
        const frame = proposalOf(sealed, leaves, change, signer(at))
        const verdict = decodeEpochVerdict(await at.pvs.countersign(frame))
        if (verdict.kind === "ok" && verdict.value.kind === "countersigned") return "succeeded"
      }
      return "refused"
    },
  }
}

export function proposalOf(
  current: EpochStatement,
  leaves: readonly FieldElement[],
  change: Partial<EpochStatement>,
  key: SigningKey,
): Bytes {
  const list = encodeLeafList(leaves)
  const { service, epoch, opensAt, closesAt, circuit } = current
  const statement = {
    service,
    epoch,
    opensAt,
    closesAt,
    circuit,
    revision: current.revision + 1,
    nonce: osEntropy(32),
    root: MerkleTree.of(leaves).root,
    size: leaves.length,
    leaves: new Uint8Array(createHash("sha256").update(list).digest()),
    ...change,
  }
  const authenticationSignature = key.sign(encodeEpochStatement(statement))
  return encodeEpochProposal({ statement, authenticationSignature, leaves: list })
}
