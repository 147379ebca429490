import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { ml_kem768_x25519 as xWing } from "@noble/post-quantum/hybrid.js"
import type { KeySize } from "@starling/eaas"
import {
  contextOf,
  decodeKeyResponse,
  decodeLeafList,
  decodeRegistrationAnswer,
  decodeSealedEpoch,
  encodeKeyRequest,
  encodeRegistration,
  EnrolmentCode,
  scopeOf,
  type KeyResponse,
} from "@starling/eaas/frames"
import { forwardOf, patience, testPlatform, type TestPlatform } from "@starling/eaas/test-platform"
import { osEntropy } from "@starling/entropy/node"
import { toHex, type Bytes, type Decoded } from "@starling/kernel"
import { commitmentOf, FieldElement, leafOf, MerkleTree, type Statement, type Witness } from "@starling/proof"
import { IdealProofs } from "@starling/proof/ideal"
import { PgliteDatabase } from "../src/database/pglite-database.ts"

/** What the attacks of one run share. */
export interface Scene extends AsyncDisposable {
  readonly proofs: IdealProofs
  /** All roles in this process; opened by the first attack that needs it. */
  platform(): Promise<TestPlatform>
  /** A folder of this run. */
  readonly folder: string
  /** The circuit as it is, or with the run's mutant in it. */
  readonly circuit: string
}

export function openScene(circuit: string): Scene {
  const folder = mkdtempSync(join(tmpdir(), "starling-attack-"))
  const proofs = new IdealProofs()
  let opened: Promise<TestPlatform> | undefined
  const open = async (): Promise<TestPlatform> =>
    await testPlatform({ database: await PgliteDatabase.open(join(folder, "eaas")), verifier: proofs })
  return {
    proofs,
    folder,
    circuit,
    platform: async () => await (opened ??= open()),
    async [Symbol.asyncDispose]() {
      await (await opened)?.[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** What a member knows, and an honest one tells nobody. */
export interface Member {
  readonly secret: FieldElement
  readonly trapdoor: FieldElement
  readonly quota: number
}

const randomField = (): FieldElement => FieldElement.fromDigest(osEntropy(32))

/** Registers a new member, which seals the epoch anew. */
export async function enrol(at: TestPlatform, quota = 4): Promise<Member> {
  const member = { secret: randomField(), trapdoor: randomField(), quota }
  await register(at, await newCode(at, quota), commitmentOf(member.secret, member.trapdoor))
  return member
}

export async function newCode(at: TestPlatform, quota: number): Promise<EnrolmentCode> {
  const code = await at.as.addUser(`user ${toHex(osEntropy(8))}`, quota)
  return sound(EnrolmentCode.fromText(code ?? ""))
}

/** Whether the AS takes this commitment. */
export async function register(at: TestPlatform, code: EnrolmentCode, commitment: FieldElement): Promise<boolean> {
  const registration = { service: at.platform.service, enrolment: code.secret, commitment }
  const answer = decodeRegistrationAnswer(await at.as.register(encodeRegistration(registration), patience))
  return sound(answer).kind === "registered"
}

export async function currentEpoch(at: TestPlatform) {
  const frame = await at.as.newestEpoch()
  const sealed = sound(decodeSealedEpoch(frame ?? new Uint8Array()))
  const list = await at.as.leaves(sealed.epoch, sealed.revision)
  const leaves = sound(decodeLeafList(list ?? new Uint8Array()))
  return { sealed, leaves, tree: MerkleTree.of(leaves) }
}

/** What an attacker may choose about a request, before it is proved. */
export interface Choice {
  readonly k?: number
  readonly keySize?: KeySize
  readonly kemPublicKey?: Bytes
  readonly branch?: 0 | 1
  /** Replaces what of the witness is the attacker's to choose. */
  readonly witness?: Partial<Witness>
}

export interface MadeRequest {
  readonly fields: Parameters<typeof encodeKeyRequest>[0]
  readonly frame: Bytes
  readonly statement: Statement
}

/** A request of this member in the newest epoch, with a proof. Throws `ProofImpossible` where there is none. */
export async function requestOf(scene: Scene, member: Member, choice: Choice = {}): Promise<MadeRequest> {
  const at = await scene.platform()
  const { sealed, leaves, tree } = await currentEpoch(at)
  const { k = 0, keySize = 1024, branch = 0, kemPublicKey = newKemKey() } = choice
  const { service } = at.platform
  const { epoch, revision, nonce } = sealed
  const address = { service, localProvider: at.lps[branch].id, epoch, revision, keySize, kemPublicKey }
  const at0 = leaves.indexOf(leafOf(commitmentOf(member.secret, member.trapdoor), member.quota))
  const leafIndex = Math.max(0, at0)
  const witness = {
    ...member,
    k,
    leafIndex,
    siblings: tree.path(leafIndex),
    scope: scopeOf(service, epoch),
    context: contextOf({ ...address, nonce }),
    ...choice.witness,
  }
  const { statement, proof } = await scene.proofs.prove(witness)
  const fields = { ...address, nullifier: statement.nullifier, proof }
  return { fields, frame: encodeKeyRequest(fields), statement }
}

export function newKemKey(): Bytes {
  return new Uint8Array(xWing.keygen(osEntropy(32)).publicKey)
}

/** What the PVS says to a request that a Local Provider forwards. */
export async function answerTo(
  at: TestPlatform,
  request: Bytes,
  branch: 0 | 1 = 0,
  pvs: TestPlatform["pvs"] = at.pvs,
): Promise<KeyResponse> {
  return sound(decodeKeyResponse(await pvs.request(forwardOf(at, request, branch), patience)))
}

/** The encrypted key in an answer, which differs from that of any other answer; `undefined` in a refusal. */
export function keyIn(response: KeyResponse): string | undefined {
  return response.kind === "answered" ? toHex(response.sealedKey) : undefined
}

export function sound<T>(decoded: Decoded<T>): T {
  if (decoded.kind === "malformed") throw new Error(`the scene is broken: ${decoded.why}`)
  return decoded.value
}
