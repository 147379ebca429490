import type { Bytes } from "@starling/kernel"

import type { Credential } from "./credential.ts"
import type { Extension } from "./extension.ts"
import type { CryptoProvider, SignatureKeyPair } from "./crypto-provider.ts"
import type { Sender } from "./framing.ts"
import { encodeGroupContext, type GroupContext } from "./group-context.ts"
import { mlsExporter, type EpochSecrets } from "./key-schedule.ts"
import type { LeafNode } from "./leaf-node.ts"
import type { MlsContext } from "./context.ts"
import { oneAllocation, totalLength } from "./one-allocation.ts"
import type { Proposal, ReInit } from "./proposal.ts"
import { leafAt, leafCount, leaves, type RatchetTree } from "./ratchet-tree.ts"
import type { MessageKeys } from "./private-message.ts"
import { secretTree, type SecretTree } from "./secret-tree.ts"
import { interimTranscriptHash } from "./transcript.ts"
import type { PrivateKeys } from "./treekem.ts"

/** A proposal that was sent in this epoch, for a commit to refer to. */
export interface PendingProposal {
  readonly reference: Bytes
  readonly proposal: Proposal
  readonly sender: Sender
  /** Of an Update that this member proposed itself. */
  readonly ownKeys: OwnLeafKeys | undefined
}

/** The private side of a leaf that this member proposed. */
export interface OwnLeafKeys {
  readonly encryptionPrivateKey: Bytes
  readonly signatureKeys: SignatureKeyPair
}

/** The secrets of an epoch that are used more than once. */
export type EpochKeys = Omit<EpochSecrets, "encryption" | "confirmation" | "authenticator">

/** What of a member's view of an epoch it takes to process the commits that end it: all but the keys of its messages. */
export interface RetainedState extends GroupContext {
  readonly ownLeafIndex: number
  /** RFC 9420, 8.7: equal for all members, and different in different epochs. */
  readonly epochAuthenticator: Bytes
  readonly signatureKeys: SignatureKeyPair
  /** The encoded GroupContext. */
  readonly contextBytes: Bytes
  readonly tree: RatchetTree
  readonly interimTranscriptHash: Bytes
  readonly confirmationTag: Bytes
  readonly keys: Pick<EpochKeys, "init" | "membership">
  readonly privateKeys: PrivateKeys
  /** In the order in which they came. */
  readonly proposals: readonly PendingProposal[]
  /** RFC 9420, 12.1.5: where present the group goes on under another id, and this epoch is the last. */
  readonly reinit: ReInit | undefined
}

/**
 * One member's view of one epoch: a value. Whatever changes it gives the next value and leaves this one as it was, so
 * that several commits on one state can be processed side by side. It holds every secret of the member in this epoch.
 */
export interface GroupState extends RetainedState {
  readonly keys: EpochKeys
  readonly secretTree: SecretTree
}

/** What the state of a new epoch is made of. */
export interface EpochStart {
  readonly context: GroupContext
  readonly tree: RatchetTree
  readonly secrets: EpochSecrets
  readonly confirmationTag: Bytes
  readonly ownLeafIndex: number
  readonly privateKeys: PrivateKeys
  readonly signatureKeys: SignatureKeyPair
  readonly reinit: ReInit | undefined
}

export function startEpoch(crypto: CryptoProvider, start: EpochStart): GroupState {
  const { treeHash, confirmedTranscriptHash } = start.context
  const interim = interimTranscriptHash(crypto, confirmedTranscriptHash, start.confirmationTag)
  const contextBytes = encodeGroupContext(start.context)
  const { secrets } = start
  // Whoever clones or sends what is public gets the whole allocation with it: secrets have one of their own.
  const open = [treeHash, confirmedTranscriptHash, interim, contextBytes, start.confirmationTag, secrets.authenticator]
  const keep = oneAllocation(totalLength(open))
  const keepSecret = oneAllocation(totalLength(Object.values(secrets)))
  return {
    ...start.context,
    treeHash: keep(treeHash),
    confirmedTranscriptHash: keep(confirmedTranscriptHash),
    ownLeafIndex: start.ownLeafIndex,
    epochAuthenticator: keep(secrets.authenticator),
    signatureKeys: start.signatureKeys,
    contextBytes: keep(contextBytes),
    tree: start.tree,
    interimTranscriptHash: keep(interim),
    confirmationTag: keep(start.confirmationTag),
    keys: {
      senderData: keepSecret(secrets.senderData),
      exporter: keepSecret(secrets.exporter),
      external: keepSecret(secrets.external),
      membership: keepSecret(secrets.membership),
      resumption: keepSecret(secrets.resumption),
      init: keepSecret(secrets.init),
    },
    secretTree: secretTree(keepSecret(secrets.encryption)),
    privateKeys: start.privateKeys,
    proposals: [],
    reinit: start.reinit,
  }
}

/** Somebody who is in the group. */
export interface Member {
  readonly leafIndex: number
  readonly credential: Credential
  readonly signatureKey: Bytes
  /** Of the leaf. */
  readonly extensions: readonly Extension[]
}

/** In the order of their leaves. */
export function members(state: RetainedState): readonly Member[] {
  return Array.from(leaves(state.tree.root), ({ leafIndex, node }) => memberOf(leafIndex, node))
}

export function memberOf(leafIndex: number, leaf: LeafNode): Member {
  const { credential, signatureKey, extensions } = leaf
  return { leafIndex, credential, signatureKey, extensions }
}

/** This member's own leaf node. */
export function ownLeaf(state: RetainedState): LeafNode {
  const leaf = leafAt(state.tree, state.ownLeafIndex)
  if (leaf === undefined) throw new RangeError("a state's own leaf is never blank")
  return leaf
}

/** RFC 9420, 8.5: a secret of this epoch that only its members can derive, bound to `label` and `context`. */
export function exportSecret(
  mls: MlsContext,
  state: GroupState,
  label: string,
  context: Uint8Array,
  length: number,
): Bytes {
  return mlsExporter(mls.crypto, state.keys.exporter, label, context, length)
}

/** RFC 9420, 8.6: the pre-shared key of this epoch, for a `PskSource` to give later. */
export function resumptionPsk(state: GroupState): Bytes {
  return state.keys.resumption.slice()
}

export function messageKeys(state: GroupState): MessageKeys {
  return { secretTree: state.secretTree, senderDataSecret: state.keys.senderData, leafCount: leafCount(state.tree) }
}
