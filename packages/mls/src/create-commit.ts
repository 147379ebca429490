import type { Bytes } from "@starling/kernel"

import { applyProposals, findPreSharedKeys, type AppliedProposals } from "./apply-proposals.ts"
import type { MlsContext } from "./context.ts"
import { createWelcome } from "./create-welcome.ts"
import type { Extension } from "./extension.ts"
import { frameContent, signContent } from "./frame-content.ts"
import { WireFormat } from "./framing.ts"
import { ownLeaf, startEpoch, type GroupState } from "./group-state.ts"
import type { KeyPackage } from "./key-package.ts"
import { nextEpoch, pathPlace, requireSuccessor, survivingKeys } from "./next-epoch.ts"
import type { PskReference, PskSource } from "./pre-shared-key.ts"
import { needsPath, sortMemberProposals, type SentProposal } from "./proposal-list.ts"
import type { Proposal } from "./proposal.ts"
import { orRefused, type Refused } from "./refusal.ts"
import { createPath, type CreatedPath } from "./treekem.ts"

/** A change that a commit makes, spelt out in it. */
export type ProposalIntent =
  | { readonly kind: "add"; readonly keyPackage: KeyPackage }
  | { readonly kind: "remove"; readonly leafIndex: number }
  | { readonly kind: "psk"; readonly psk: PskReference }
  | { readonly kind: "group-context-extensions"; readonly extensions: readonly Extension[] }

export interface NewCommit {
  /** By value; none for a commit that renews this member's keys alone. */
  readonly proposals: readonly ProposalIntent[]
  /** Also commits the proposals received in this epoch, by reference. */
  readonly includePending?: boolean
  readonly authenticatedData?: Uint8Array
  /** Of the GroupInfo in the Welcome, beside the ratchet tree. */
  readonly groupInfoExtensions?: readonly Extension[]
  /** Seconds since 1970; key packages whose lifetime does not hold it are refused. */
  readonly now: bigint
  /** A public commit (the default) is signed and readable; a private one is encrypted to the epoch that it ends. */
  readonly wireFormat?: "public" | "private"
  /** The plaintext of a private commit grows to a multiple of this many bytes; 256 unless given. */
  readonly padTo?: number
  /** Renews this member's keys even where RFC 9420, 12.4 does not ask for it. */
  readonly path?: boolean
  readonly psks?: PskSource
}

export interface CreatedCommit {
  readonly kind: "ok"
  /** This member's own next state: a commit can't be processed by who made it. Keep it before the commit leaves. */
  readonly next: GroupState
  /** MLSMessage(PublicMessage) or MLSMessage(PrivateMessage). */
  readonly commit: Bytes
  /** MLSMessage(Welcome) with the ratchet tree inside, for all who were added. */
  readonly welcome: Bytes | undefined
}

/** RFC 9420, 12.4.1. */
export function createCommit(mls: MlsContext, state: GroupState, options: NewCommit): CreatedCommit | Refused {
  return orRefused(() => build(mls, state, options))
}

function build(mls: MlsContext, state: GroupState, options: NewCommit): CreatedCommit {
  const { crypto } = mls
  requireSuccessor(state)
  const sender = { kind: "member", leafIndex: state.ownLeafIndex } as const
  const byValue = options.proposals.map((intent): Proposal => proposalOf(mls, intent))
  const pending = options.includePending === true ? state.proposals : []
  const sent: SentProposal[] = [...pending, ...byValue.map((proposal) => ({ proposal, sender }))]
  const list = sortMemberProposals(sent, state.ownLeafIndex)
  const applied = applyProposals(mls, state, list, options.now)
  const psks = findPreSharedKeys(mls, list.psks, options.psks)

  const withPath = options.path === true || needsPath(list)
  const created = withPath ? renewPath(mls, state, applied) : undefined
  const tree = created?.tree ?? applied.tree

  const commit = {
    proposals: [
      ...pending.map(({ reference }) => ({ kind: "reference", reference }) as const),
      ...byValue.map((proposal) => ({ kind: "proposal", proposal }) as const),
    ],
    path: created?.path,
  }
  const wireFormat = options.wireFormat === "private" ? WireFormat.privateMessage : WireFormat.publicMessage
  const signed = signContent(mls, state, wireFormat, { kind: "commit", commit }, options.authenticatedData)
  const commitSecret = created?.commitSecret ?? new Uint8Array(crypto.suite.hashLength)
  const epoch = nextEpoch(crypto, state, signed, tree, applied, state.keys.init, commitSecret, psks)
  const framed = frameContent(mls, state, signed, { confirmationTag: epoch.confirmationTag, padTo: options.padTo })
  const next = startEpoch(crypto, {
    context: epoch.context,
    tree,
    secrets: epoch.secrets,
    confirmationTag: epoch.confirmationTag,
    ownLeafIndex: state.ownLeafIndex,
    privateKeys: ownKeys(state, applied, created),
    signatureKeys: state.signatureKeys,
    reinit: list.reinit,
  })
  const welcome =
    applied.added.size === 0
      ? undefined
      : createWelcome(mls, next, epoch, applied.added, created?.pathSecrets, psks, options.groupInfoExtensions ?? [])
  return { kind: "ok", next, commit: framed.message, welcome }
}

function proposalOf(mls: MlsContext, intent: ProposalIntent): Proposal {
  if (intent.kind !== "psk") return intent
  const nonce = mls.random.draw(mls.crypto.suite.hashLength, "pre-shared key nonce")
  return { kind: "psk", id: { ...intent.psk, nonce } }
}

function renewPath(mls: MlsContext, state: GroupState, applied: AppliedProposals): CreatedPath {
  const place = pathPlace(state, applied, state.ownLeafIndex)
  return createPath(mls, place, ownLeaf(state), state.groupId, state.signatureKeys)
}

function ownKeys(state: GroupState, applied: AppliedProposals, created: CreatedPath | undefined) {
  return created?.privateKeys ?? survivingKeys(state.tree, applied.tree, state.privateKeys)
}
