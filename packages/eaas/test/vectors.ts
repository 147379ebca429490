import { encodeTapAnswer } from "@starling/eaas/tap"
import { SigningKey } from "@starling/eaas"
import {
  contextOf,
  encodeAnswerStatement,
  encodeCertifiedRegistration,
  encodeClientState,
  encodeEpochProposal,
  encodeEpochStatement,
  encodeEpochVerdict,
  encodeForwardedRequest,
  encodeForwardStatement,
  encodeKeyRequest,
  encodeKeyResponse,
  encodeLeafList,
  encodeReceiptStatement,
  encodeRefusalStatement,
  encodeRegistration,
  encodeRegistrationAnswer,
  encodeSealedEpoch,
  encodeSignedRoots,
  localProviderIdOf,
  scopeOf,
  sealKey,
  serviceIdOf,
  type PendingRequest,
} from "@starling/eaas/frames"
import { boundData, encodeSealedAnswer, OneTimeKey, protect } from "@starling/eaas/channel"
import { sha256 } from "@noble/hashes/sha2.js"
import { ml_kem768_x25519 as xWing } from "@noble/post-quantum/hybrid.js"
import type { Bytes } from "@starling/kernel"
import { commitmentOf, FieldElement, leafOf, MerkleTree, nullifierOf } from "@starling/proof"

const filled = (length: number, byte: number): Bytes => new Uint8Array(length).fill(byte)

const asKey = new SigningKey(filled(32, 1))
const pvsKey = new SigningKey(filled(32, 2))
const lpKey = new SigningKey(filled(32, 3))
const service = serviceIdOf(asKey.publicKey, pvsKey.publicKey)
const localProvider = localProviderIdOf(lpKey.publicKey)

const secret = FieldElement.of(4n)
const trapdoor = FieldElement.of(5n)
const commitment = commitmentOf(secret, trapdoor)
const quota = 16

const leaves = [leafOf(commitment, quota)]
const leafList = encodeLeafList(leaves)
const statement = {
  service,
  epoch: 1,
  revision: 0,
  opensAt: 1_800_000_000_000,
  closesAt: 1_800_086_400_000,
  nonce: filled(32, 6),
  root: MerkleTree.of(leaves).root,
  size: 1,
  leaves: new Uint8Array(sha256(leafList)),
  circuit: filled(32, 7),
}
const authenticationSignature = asKey.sign(encodeEpochStatement(statement))
const validationSignature = pvsKey.sign(encodeEpochStatement(statement))

const kemPublicKey = new Uint8Array(xWing.keygen(filled(32, 8)).publicKey)
const nullifier = nullifierOf(secret, scopeOf(service, 1), 0)
const binding = {
  service,
  localProvider,
  epoch: 1,
  revision: 0,
  nonce: statement.nonce,
  keySize: 1024,
  kemPublicKey,
} as const
const context = contextOf(binding)
const request = encodeKeyRequest({ ...binding, nullifier, proof: filled(256, 9) })

const delivered = sealKey(filled(1024, 10), kemPublicKey, { context, nullifier, localProvider }, filled(64, 11))
if (delivered.kind === "malformed") throw new Error(delivered.why)
const source = { source: "homodyne vacuum fluctuation", simulated: true }
const answer = { service, localProvider, epoch: 1, revision: 0, nullifier, context, ...source, ...delivered.value }
const refusal = { service, request: new Uint8Array(sha256(request)), reason: "bad-proof" } as const
const receipt = { service, commitment, quota }

const header = {
  protection: "one-time pad",
  session: filled(16, 13),
  sequence: 1n,
  keyIds: ["bc490419-7d60-487f-adc1-4ddcc177c139", "0a782fb5-3434-48fe-aa4d-14f41d46cf92"],
} as const
const turnedAway = encodeKeyResponse({ kind: "turned-away", reason: "validation-unreachable" })
const bound = boundData(header, { master: "pvs", slave: "library", request: filled(32, 14) }, turnedAway.length)
const sealed = protect("one-time pad", new OneTimeKey(filled(32 + turnedAway.length, 15)), bound, turnedAway)

const pending: PendingRequest = {
  epoch: 1,
  revision: 0,
  closesAt: statement.closesAt,
  k: 0,
  keySize: 1024,
  kemSeed: filled(32, 8),
  localProvider,
  localProviderName: "first branch",
  context,
  nullifier,
  anonymitySet: 1,
  proofMilliseconds: 900,
  delivery: "00112233445566aa",
  request,
}
const membership = { service, secret, trapdoor, quota, seen: undefined, epoch: 1, nextK: 1, pending }

/** Every frame, made of known values; docs/wire.md holds its digest and, where it is short, the frame itself. */
export const vectors: Readonly<Record<string, { readonly bytes: Bytes }>> = {
  registration: { bytes: encodeRegistration({ service, enrolment: filled(16, 12), commitment }) },
  "certified registration": { bytes: encodeCertifiedRegistration({ service, commitment }) },
  "registration receipt": {
    bytes: encodeRegistrationAnswer({
      kind: "registered",
      ...receipt,
      signature: asKey.sign(encodeReceiptStatement(receipt)),
    }),
  },
  "registration refusal": { bytes: encodeRegistrationAnswer({ kind: "refused", reason: "already-registered" }) },
  "leaf list": { bytes: leafList },
  "sealed epoch": { bytes: encodeSealedEpoch({ ...statement, authenticationSignature, validationSignature }) },
  "epoch proposal": { bytes: encodeEpochProposal({ statement, authenticationSignature, leaves: leafList }) },
  "epoch countersignature": { bytes: encodeEpochVerdict({ kind: "countersigned", signature: validationSignature }) },
  "epoch refusal": { bytes: encodeEpochVerdict({ kind: "refused", reason: "not-next" }) },
  "key request": { bytes: request },
  "forwarded request": {
    bytes: encodeForwardedRequest({
      localProvider,
      request,
      signature: lpKey.sign(encodeForwardStatement(localProvider, request)),
    }),
  },
  "key answer": {
    bytes: encodeKeyResponse({ kind: "answered", ...answer, signature: pvsKey.sign(encodeAnswerStatement(answer)) }),
  },
  "key refusal": {
    bytes: encodeKeyResponse({ kind: "refused", ...refusal, signature: pvsKey.sign(encodeRefusalStatement(refusal)) }),
  },
  "local refusal": { bytes: encodeKeyResponse({ kind: "turned-away", reason: "validation-unreachable" }) },
  "sealed answer": { bytes: encodeSealedAnswer({ ...header, ...sealed }) },
  "tap answer": {
    bytes: encodeTapAnswer({
      response: encodeKeyResponse({ kind: "turned-away", reason: "validation-unreachable" }),
      channel: "one-time pad, simulated link",
    }),
  },
  "signed roots": {
    bytes: encodeSignedRoots([
      {
        authenticationKey: asKey.publicKey,
        validationKey: pvsKey.publicKey,
        epochs: [{ ...statement, authenticationSignature, validationSignature }],
      },
    ]),
  },
  "client state": { bytes: encodeClientState({ memberships: [membership] }) },
}
