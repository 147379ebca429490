import { equalBytes, equalConstantTime, type Bytes, type Decoded } from "@starling/kernel"
import { decode, type Reader } from "@starling/wire"

import { findPreSharedKeys } from "./apply-proposals.ts"
import type { MlsContext } from "./context.ts"
import type { SignatureKeyPair } from "./crypto-provider.ts"
import type { Extension } from "./extension.ts"
import { linkOf, pskSourceAfter, verifySuccession, type FormerGroup, type GroupLink } from "./former-group.ts"
import { encodeGroupContext } from "./group-context.ts"
import { readGroupInfo, type GroupInfo } from "./group-info.ts"
import { startEpoch, type GroupState, type Member } from "./group-state.ts"
import { deriveEpochSecrets, deriveWelcomeSecret } from "./key-schedule.ts"
import { decryptWithLabel } from "./labelled-crypto.ts"
import { decodeMlsMessage, openMlsMessage } from "./mls-message.ts"
import type { OwnKeyPackage } from "./own-key-package.ts"
import { derivePskSecret, type PskSource } from "./pre-shared-key.ts"
import { directPath, filteredDirectPath, leafSlots, type RatchetTree } from "./ratchet-tree.ts"
import { orRefused, refuse, type Refused } from "./refusal.ts"
import { decodingOnce } from "./subtree.ts"
import { listsUnmerged } from "./tree-validation.ts"
import { covers } from "./tree-math.ts"
import { followPath, type PrivateKeys } from "./treekem.ts"
import { verifyGroupInfo, type JoinSurroundings } from "./verify-group-info.ts"
import { readGroupSecrets, welcomeKey, type GroupSecrets, type Welcome } from "./welcome.ts"

export interface Joining extends JoinSurroundings {
  /** MLSMessage(Welcome). */
  readonly welcome: Uint8Array
  readonly keyPackage: OwnKeyPackage
  readonly signatureKeys: SignatureKeyPair
  readonly psks?: PskSource
  /** The group that this one takes the place of, or branches off: needed for such a Welcome, and only for one. */
  readonly former?: FormerGroup
}

export interface Joined {
  readonly kind: "joined"
  readonly state: GroupState
  /** Who signed the GroupInfo: the committer that added this member. */
  readonly inviter: Member
  readonly groupInfoExtensions: readonly Extension[]
  /** How the group follows the `former` one. */
  readonly link: GroupLink | undefined
}

/** RFC 9420, 12.4.3.1. Verifies everything that a new member can; says nothing yet of who should be in the group. */
export function join(mls: MlsContext, joining: Joining): Joined | Refused {
  return orRefused(() => decodingOnce(() => enter(mls, joining)))
}

/** The references of the key packages that a MLSMessage(Welcome) is for. */
export function welcomeReferences(welcome: Uint8Array): Decoded<readonly Bytes[]> {
  const decoded = decodeMlsMessage(welcome)
  if (decoded.kind === "malformed") return decoded
  if (decoded.value.kind !== "welcome") return { kind: "malformed", why: "an MLSMessage that is no Welcome" }
  return { kind: "ok", value: decoded.value.welcome.secrets.map((entry) => entry.newMember) }
}

function enter(mls: MlsContext, joining: Joining): Joined {
  const { crypto } = mls
  if (!equalBytes(joining.signatureKeys.publicKey, joining.keyPackage.keyPackage.leafNode.signatureKey)) {
    throw new RangeError("the signature keys are not those of the key package")
  }
  const { keyPackage, signatureKeys, former } = joining
  const message = openMlsMessage(joining.welcome, "12.4.3.1")
  if (message.kind !== "welcome") return refuse("unexpected-wire-format", "12.4.3.1")
  const { welcome } = message
  const suites = [welcome.ciphersuite, keyPackage.keyPackage.ciphersuite]
  if (suites.some((suite) => suite !== crypto.suite.id)) refuse("unsupported-ciphersuite", "12.4.3.1")

  const groupSecrets = openGroupSecrets(mls, welcome, keyPackage)
  const link = linkOf(groupSecrets.psks, former)
  const psks = findPreSharedKeys(mls, groupSecrets.psks, pskSourceAfter(former, joining.psks))
  const pskSecret = derivePskSecret(crypto, psks)
  const groupInfo = openGroupInfo(mls, welcome, deriveWelcomeSecret(crypto, groupSecrets.joinerSecret, pskSecret))
  const { groupContext: context, confirmationTag } = groupInfo
  const { tree, signer: inviter } = verifyGroupInfo(mls, groupInfo, joining)

  const ownLeafIndex = findOwnLeaf(tree, keyPackage)
  const contextBytes = encodeGroupContext(context)
  const secrets = deriveEpochSecrets(crypto, groupSecrets.joinerSecret, pskSecret, contextBytes)
  if (!equalConstantTime(crypto.hmac(secrets.confirmation, context.confirmedTranscriptHash), confirmationTag)) {
    refuse("bad-confirmation-tag", "12.4.3.1")
  }
  if (former !== undefined && link !== undefined) verifySuccession(former, link, context, tree)
  const state = startEpoch(crypto, {
    context,
    tree,
    secrets,
    confirmationTag,
    ownLeafIndex,
    privateKeys: new Map([
      [2 * ownLeafIndex, keyPackage.encryptionPrivateKey.slice()],
      ...pathKeys(mls, tree, inviter.leafIndex, ownLeafIndex, groupSecrets.pathSecret),
    ]),
    signatureKeys,
    reinit: undefined,
  })
  return { kind: "joined", state, inviter, groupInfoExtensions: groupInfo.extensions, link }
}

function openGroupSecrets(mls: MlsContext, welcome: Welcome, own: OwnKeyPackage): GroupSecrets {
  const entry = welcome.secrets.find(({ newMember }) => equalBytes(newMember, own.reference))
  if (entry === undefined) refuse("not-for-this-key-package", "12.4.3.1")
  const { encryptedGroupInfo } = welcome
  const opened = decryptWithLabel(
    mls.crypto,
    own.initPrivateKey,
    "Welcome",
    encryptedGroupInfo,
    entry.encryptedGroupSecrets,
  )
  return decodeOrRefuse(opened ?? refuse("undecryptable", "12.4.3.1"), readGroupSecrets)
}

function openGroupInfo(mls: MlsContext, welcome: Welcome, welcomeSecret: Uint8Array): GroupInfo {
  const { key, nonce } = welcomeKey(mls.crypto, welcomeSecret)
  const opened = mls.crypto.aead.open(key, nonce, new Uint8Array(0), welcome.encryptedGroupInfo)
  return decodeOrRefuse(opened ?? refuse("undecryptable", "12.4.3.1"), readGroupInfo)
}

function decodeOrRefuse<T>(bytes: Uint8Array, read: (reader: Reader) => T): T {
  const decoded = decode(bytes, read)
  return decoded.kind === "ok" ? decoded.value : refuse("malformed", "12.4.3.1")
}

function findOwnLeaf(tree: RatchetTree, { keyPackage }: OwnKeyPackage): number {
  for (const { index, encoded } of leafSlots(tree.root)) {
    if (encoded !== undefined && equalBytes(encoded, keyPackage.leafNode.encoded)) return index / 2
  }
  return refuse("own-leaf-missing", "12.4.3.1")
}

/**
 * The private keys of the parents that this member shares with the committer. A parent above this member that it has no
 * key of, and that does not list it as unmerged, would keep it from reading later paths.
 */
function pathKeys(
  mls: MlsContext,
  tree: RatchetTree,
  signer: number,
  ownLeafIndex: number,
  pathSecret: Bytes | undefined,
): PrivateKeys {
  const keys = pathSecret === undefined ? new Map() : sharedKeys(mls, tree, signer, ownLeafIndex, pathSecret)
  for (const { branch } of directPath(tree, ownLeafIndex)) {
    const { node } = branch
    if (node !== undefined && !keys.has(branch.index) && !listsUnmerged(node, ownLeafIndex)) {
      refuse("path-secret-missing", "12.4.3.1")
    }
  }
  return keys
}

function sharedKeys(
  mls: MlsContext,
  tree: RatchetTree,
  signer: number,
  ownLeafIndex: number,
  pathSecret: Bytes,
): PrivateKeys {
  const shared = filteredDirectPath(tree, signer).filter(({ branch }) => covers(branch.index, 2 * ownLeafIndex))
  const publicKeys = shared.flatMap(({ branch }) => (branch.encoded === undefined ? [] : [branch.encryptionKey]))
  const followed = followPath(mls.crypto, pathSecret, shared, publicKeys)
  return followed?.privateKeys ?? refuse("path-secret-mismatch", "12.4.3.1")
}
