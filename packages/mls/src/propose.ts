import type { Bytes } from "@starling/kernel"

import { applyProposals } from "./apply-proposals.ts"
import type { MlsContext } from "./context.ts"
import { frameContent, signContent } from "./frame-content.ts"
import { proposalReference, WireFormat } from "./framing.ts"
import { ownLeaf, type GroupState, type OwnLeafKeys } from "./group-state.ts"
import { drawKeyPair } from "./labelled-crypto.ts"
import { signLeafNode } from "./leaf-node.ts"
import { changedProfile, type LeafChange } from "./leaf-profile.ts"
import { requireSuccessor } from "./next-epoch.ts"
import { withPending } from "./pending-proposals.ts"
import { proposalOf, type ProposalIntent } from "./proposal-intent.ts"
import { sortProposal } from "./proposal-list.ts"
import type { Proposal } from "./proposal.ts"
import { orRefused, type Refused } from "./refusal.ts"

/** What a member may propose: any change, of itself too. */
export type OwnProposal = ProposalIntent | { readonly kind: "update"; readonly leaf?: LeafChange }

export interface ProposeOptions {
  /** Seconds since 1970; a key package whose lifetime does not hold it is refused. */
  readonly now: bigint
  readonly authenticatedData?: Uint8Array
  /** A public proposal (the default) is signed and readable; a private one is encrypted. */
  readonly wireFormat?: "public" | "private"
  /** The plaintext of a private proposal grows to a multiple of this many bytes; 256 unless given. */
  readonly padTo?: number
}

export interface Proposed {
  readonly kind: "ok"
  /** Keeps the proposal with what else was proposed; of an Update, the only copy of the new keys. */
  readonly next: GroupState
  /** MLSMessage(PublicMessage) or MLSMessage(PrivateMessage). */
  readonly message: Bytes
  /** RFC 9420, 5.2: names it in a commit. */
  readonly reference: Bytes
}

/**
 * RFC 9420, 12.1: a proposal by itself, for whoever commits next. It is refused where a commit of it alone would be. A
 * member can't commit its own Update, nor its own removal: another has to.
 */
export function propose(
  mls: MlsContext,
  state: GroupState,
  intent: OwnProposal,
  options: ProposeOptions,
): Proposed | Refused {
  return orRefused(() => build(mls, state, intent, options))
}

function build(mls: MlsContext, state: GroupState, intent: OwnProposal, options: ProposeOptions): Proposed {
  requireSuccessor(state)
  const { proposal, ownKeys } = intent.kind === "update" ? update(mls, state, intent.leaf ?? {}) : other(mls, intent)
  const sender = { kind: "member", leafIndex: state.ownLeafIndex } as const
  applyProposals(mls, state, sortProposal({ proposal, sender }), options.now)

  const wireFormat = options.wireFormat === "private" ? WireFormat.privateMessage : WireFormat.publicMessage
  const signed = signContent(mls, state, wireFormat, { kind: "proposal", proposal }, options.authenticatedData)
  const { message, secretTree } = frameContent(mls, state, signed, { padTo: options.padTo })
  const auth = { signature: signed.signature, confirmationTag: undefined }
  const reference = proposalReference(mls.crypto, { wireFormat, framed: signed.framed, auth })
  const next = withPending({ ...state, secretTree }, { reference, proposal, sender, ownKeys })
  return { kind: "ok", next, message, reference }
}

interface Drafted {
  readonly proposal: Proposal
  readonly ownKeys: OwnLeafKeys | undefined
}

function other(mls: MlsContext, intent: ProposalIntent): Drafted {
  return { proposal: proposalOf(mls, intent), ownKeys: undefined }
}

/** RFC 9420, 12.1.2: a leaf with a fresh encryption key. */
function update(mls: MlsContext, state: GroupState, change: LeafChange): Drafted {
  const { publicKey, privateKey } = drawKeyPair(mls, "leaf encryption key")
  const signatureKeys = change.signatureKeys ?? state.signatureKeys
  const leafNode = signLeafNode(
    mls.crypto,
    signatureKeys.privateKey,
    { ...changedProfile(ownLeaf(state), change), encryptionKey: publicKey, source: { kind: "update" } },
    { groupId: state.groupId, leafIndex: state.ownLeafIndex },
  )
  return { proposal: { kind: "update", leafNode }, ownKeys: { encryptionPrivateKey: privateKey, signatureKeys } }
}
