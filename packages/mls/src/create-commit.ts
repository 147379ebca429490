import type { Bytes } from "@starling/kernel"

import { applyProposals, findPreSharedKeys, type AppliedProposals } from "./apply-proposals.ts"
import { reportCommit, type CommitReport } from "./commit-report.ts"
import type { MlsContext } from "./context.ts"
import { createGroupInfo, type NewGroupInfo } from "./create-group-info.ts"
import { createWelcome } from "./create-welcome.ts"
import { requireDistinctTypes, type Extension } from "./extension.ts"
import { frameContent, signContent } from "./frame-content.ts"
import { WireFormat } from "./framing.ts"
import { ownLeaf, startEpoch, type GroupState } from "./group-state.ts"
import { requireCredentialsSupported } from "./credential-support.ts"
import { requireProfile } from "./leaf-node-validation.ts"
import type { LeafProfile } from "./leaf-node.ts"
import { changedProfile, type LeafChange } from "./leaf-profile.ts"
import { nextEpoch, pathPlace, requireSuccessor, survivingKeys } from "./next-epoch.ts"
import type { PreSharedKey, PskSource } from "./pre-shared-key.ts"
import { proposalOf, type ProposalIntent } from "./proposal-intent.ts"
import {
  needsPath,
  sortMemberProposals,
  type ProposalList,
  type PskPurpose,
  type SentProposal,
} from "./proposal-list.ts"
import { orRefused, type Refused } from "./refusal.ts"
import { decodingOnce } from "./subtree.ts"
import { namedProposals, selectPending, type LeftOut, type Selection } from "./select-proposals.ts"
import { createPath, type CreatedPath } from "./treekem.ts"

export interface NewCommit {
  /** By value; none for a commit that renews this member's keys alone. */
  readonly proposals: readonly ProposalIntent[]
  /**
   * Also commits what was proposed in this epoch, by reference, as far as it makes a valid list (RFC 9420, 12.4): what
   * does not is left out and told. An Update of one's own always is, since a committer renews its leaf by the path (12.2);
   * of several proposals for one leaf a Remove is preferred, else the last Update; a ReInit yields to all others.
   */
  readonly includePending?: boolean
  /** Or these alone, whatever comes of them, by the references that `propose` and `receive` gave. */
  readonly references?: readonly Uint8Array[]
  readonly authenticatedData?: Uint8Array
  /** Of the GroupInfo in the Welcome, beside the ratchet tree. */
  readonly groupInfoExtensions?: readonly Extension[]
  /** Whether the Welcome has the tree inside, as it does unless told otherwise; see `ratchetTreeOf`. */
  readonly ratchetTree?: boolean
  /** Asks for a GroupInfo of the epoch that the commit begins. */
  readonly groupInfo?: NewGroupInfo
  /** RFC 9420, 13.5: adds an extension that others must ignore to the Welcome's GroupInfo. */
  readonly grease?: boolean
  /** Seconds since 1970; key packages whose lifetime does not hold it are refused. */
  readonly now: bigint
  /** A public commit (the default) is signed and readable; a private one is encrypted to the epoch that it ends. */
  readonly wireFormat?: "public" | "private"
  /** The plaintext of a private commit grows to a multiple of this many bytes; 256 unless given. */
  readonly padTo?: number
  /** Renews this member's keys even where RFC 9420, 12.4 does not ask for it. */
  readonly path?: boolean
  /** What else changes in this member's leaf; its keys are renewed with it. */
  readonly leaf?: LeafChange
  readonly psks?: PskSource
}

export interface CreatedCommit extends CommitReport {
  readonly kind: "ok"
  /** This member's own next state: a commit can't be processed by who made it. Keep it before the commit leaves. */
  readonly next: GroupState
  /** MLSMessage(PublicMessage) or MLSMessage(PrivateMessage). */
  readonly commit: Bytes
  /** MLSMessage(Welcome) for all who were added. */
  readonly welcome: Bytes | undefined
  /** MLSMessage(GroupInfo), if asked for. */
  readonly groupInfo: Bytes | undefined
  /** Which pending proposals were not committed, and why not. */
  readonly leftOut: readonly LeftOut[]
}

/** RFC 9420, 12.4.1. */
export function createCommit(mls: MlsContext, state: GroupState, options: NewCommit): CreatedCommit | Refused {
  return orRefused(() => decodingOnce(() => buildCommit(mls, state, options, "any-epoch")))
}

/** Proposals of a commit, sorted and applied. */
interface Attempt {
  readonly list: ProposalList
  readonly applied: AppliedProposals
  readonly psks: readonly PreSharedKey[]
}

export function buildCommit(
  mls: MlsContext,
  state: GroupState,
  options: NewCommit,
  purpose: PskPurpose,
): CreatedCommit {
  const { crypto } = mls
  requireSuccessor(state)
  const sender = { kind: "member", leafIndex: state.ownLeafIndex } as const
  const profile = changedProfile(ownLeaf(state), options.leaf ?? {})
  const byValue = options.proposals.map((intent): SentProposal => ({ proposal: proposalOf(mls, intent), sender }))
  const attempt = (pending: readonly SentProposal[]): Attempt => {
    const list = sortMemberProposals([...pending, ...byValue], state.ownLeafIndex, purpose)
    const applied = applyProposals(mls, state, list, options.now, state.ownLeafIndex)
    requireProfile(crypto, profile, applied.extensions)
    return { list, applied, psks: findPreSharedKeys(mls, list.psks, options.psks) }
  }
  const { pending, leftOut, made } = chosen(mls, state, byValue, { ...options, profile }, attempt)
  const { list, applied, psks } = made

  const signatureKeys = options.leaf?.signatureKeys ?? state.signatureKeys
  const withPath = options.path === true || options.leaf !== undefined || needsPath(list)
  const place = pathPlace(state, applied, state.ownLeafIndex)
  const created = withPath ? createPath(mls, place, profile, state.groupId, signatureKeys) : undefined
  const tree = created?.tree ?? applied.tree
  requireCredentialsSupported(tree.root)

  const commit = {
    proposals: [
      ...pending.map(({ reference }) => ({ kind: "reference", reference }) as const),
      ...byValue.map(({ proposal }) => ({ kind: "proposal", proposal }) as const),
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
    signatureKeys,
    reinit: list.reinit,
  })
  const { groupInfoExtensions = [], ratchetTree = true, grease = false } = options
  requireDistinctTypes(groupInfoExtensions)
  const welcome =
    applied.added.size === 0
      ? undefined
      : createWelcome(mls, next, epoch, applied.added, created?.pathSecrets, psks, groupInfoExtensions, {
          ratchetTree,
          grease,
        })
  const groupInfo = options.groupInfo && createGroupInfo(mls, next, options.groupInfo)
  const report = reportCommit(state.tree, tree, list, applied, state.ownLeafIndex, withPath)
  return { kind: "ok", next, commit: framed.message, welcome, groupInfo, leftOut, ...report }
}

function chosen(
  mls: MlsContext,
  state: GroupState,
  byValue: readonly SentProposal[],
  options: NewCommit & { readonly profile: LeafProfile },
  attempt: (pending: readonly SentProposal[]) => Attempt,
): Selection & { readonly made: Attempt } {
  if (options.references === undefined && options.includePending === true) {
    return selectPending(mls, state, byValue, options, attempt)
  }
  const pending = namedProposals(state, options.references ?? [])
  return { pending, leftOut: [], made: attempt(pending) }
}

function ownKeys(state: GroupState, applied: AppliedProposals, created: CreatedPath | undefined) {
  return created?.privateKeys ?? survivingKeys(state.tree, applied.tree, state.privateKeys)
}
