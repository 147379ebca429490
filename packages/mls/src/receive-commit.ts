import { equalBytes, equalConstantTime, type Bytes } from "@starling/kernel"

import { applyProposals, findPreSharedKeys, type AppliedProposals } from "./apply-proposals.ts"
import { leafOf, reportCommit, type CommitReport } from "./commit-report.ts"
import type { Commit } from "./commit.ts"
import type { MlsContext } from "./context.ts"
import { requireCredentialsSupported } from "./credential-support.ts"
import { openExternalInit } from "./external-init.ts"
import type { AuthenticatedContent } from "./framing.ts"
import { startEpoch, type GroupState, type Member, type OwnLeafKeys, type RetainedState } from "./group-state.ts"
import { validateLeafNode } from "./leaf-node-validation.ts"
import type { LeafNode } from "./leaf-node.ts"
import { joinPlace, nextEpoch, pathPlace, requireSuccessor, survivingKeys } from "./next-epoch.ts"
import {
  needsPath,
  sortJoinProposals,
  sortMemberProposals,
  type ProposalList,
  type SentProposal,
} from "./proposal-list.ts"
import { findPending } from "./pending-proposals.ts"
import type { PskSource } from "./pre-shared-key.ts"
import type { RatchetTree } from "./ratchet-tree.ts"
import { refuse } from "./refusal.ts"
import { mergePath, openPath, type PathPlace } from "./treekem.ts"
import type { UpdatePath } from "./update-path.ts"

export interface ReceivedCommit extends CommitReport {
  readonly kind: "commit"
  readonly next: GroupState
  readonly authenticatedData: Bytes
}

/** A valid commit, as far as one can tell who does not get the next epoch's secrets, that removes this member. */
export interface SelfRemoved {
  readonly kind: "self-removed"
  readonly committer: Member
  /** RFC 9420, 12.4.3.2: whether it was one that joins in this member's place. */
  readonly isExternal: boolean
  readonly authenticatedData: Bytes
}

/** Who made a commit: the member at a leaf, or somebody who joins by it. */
export type Committer = { readonly kind: "member"; readonly leafIndex: number } | { readonly kind: "joiner" }

/** What a commit may refer to. */
export interface CommitSecrets {
  /** Of this epoch, for somebody to join by; `undefined` where it was not kept. */
  readonly external: Bytes | undefined
  readonly psks: PskSource | undefined
}

/** RFC 9420, 12.4.2: a commit whose signature (and membership tag) is valid. */
export function receiveCommit(
  mls: MlsContext,
  state: RetainedState,
  signed: AuthenticatedContent,
  commit: Commit,
  by: Committer,
  secrets: CommitSecrets,
  now: bigint | undefined,
): ReceivedCommit | SelfRemoved {
  const { crypto } = mls
  requireSuccessor(state)
  const { authenticatedData } = signed.framed
  const list = proposalList(state, commit, by)
  const path = commit.path ?? (needsPath(list) ? refuse("path-required", "12.4.2") : undefined)
  const applied = applyProposals(mls, state, list, now, by.kind === "member" ? by.leafIndex : undefined)
  const place = by.kind === "member" ? pathPlace(state, applied, by.leafIndex) : joinPlace(state, applied)
  const previous = previousLeaf(state.tree, applied.tree, list, by)
  const tree = path === undefined ? applied.tree : withPath(mls, state, applied, place, path, previous, now)
  const report = reportCommit(state.tree, tree, list, applied, place.leafIndex, path !== undefined)
  const { committer, isExternal } = report
  if (list.removes.has(state.ownLeafIndex)) return { kind: "self-removed", committer, isExternal, authenticatedData }

  const own = ownKeys(state, applied, list)
  const opened =
    path === undefined
      ? { privateKeys: own.privateKeys, commitSecret: new Uint8Array(crypto.suite.hashLength) }
      : openPath(crypto, place, path, tree, state.ownLeafIndex, own.privateKeys)
  const psks = findPreSharedKeys(mls, list.psks, secrets.psks)
  const signedCommit = { wireFormat: signed.wireFormat, framed: signed.framed, signature: signed.auth.signature }
  const init = initSecret(mls, state, list, secrets)
  const epoch = nextEpoch(crypto, state, signedCommit, tree, applied, init, opened.commitSecret, psks)
  const { confirmationTag } = signed.auth
  if (confirmationTag === undefined) throw new TypeError("a commit is framed with a confirmation tag")
  if (!equalConstantTime(confirmationTag, epoch.confirmationTag)) refuse("bad-confirmation-tag", "12.4.2")
  const next = startEpoch(crypto, {
    context: epoch.context,
    tree,
    secrets: epoch.secrets,
    confirmationTag,
    ownLeafIndex: state.ownLeafIndex,
    privateKeys: opened.privateKeys,
    signatureKeys: own.signatureKeys,
    reinit: list.reinit,
  })
  return { kind: "commit", next, ...report, authenticatedData }
}

/** RFC 9420, 12.4.2: a new leaf and path, as far as public keys go. */
function withPath(
  mls: MlsContext,
  state: RetainedState,
  { extensions: groupExtensions }: AppliedProposals,
  place: PathPlace,
  path: UpdatePath,
  previous: LeafNode | undefined,
  now: bigint | undefined,
): RatchetTree {
  const position = { groupId: state.groupId, leafIndex: place.leafIndex }
  const expected = { source: "commit", position, groupExtensions, now } as const
  validateLeafNode(mls, path.leafNode, previous === undefined ? expected : { ...expected, previous })
  if (previous !== undefined && equalBytes(previous.encryptionKey, path.leafNode.encryptionKey)) {
    refuse("path-key-reused", "12.4.2")
  }
  const tree = mergePath(mls.crypto, place, path)
  requireCredentialsSupported(tree.root)
  return tree
}

/** The leaf that a committer's new one replaces; of one that joins, that of its earlier appearance (RFC 9420, 12.2). */
function previousLeaf(
  before: RatchetTree,
  applied: RatchetTree,
  list: ProposalList,
  by: Committer,
): LeafNode | undefined {
  if (by.kind === "member") return leafOf(applied, by.leafIndex)
  const [removed] = list.removes
  return removed === undefined ? undefined : leafOf(before, removed)
}

function proposalList(state: RetainedState, commit: Commit, by: Committer): ProposalList {
  if (by.kind === "joiner") return sortJoinProposals(commit.proposals)
  return sortMemberProposals(sentProposals(state, commit, by.leafIndex), by.leafIndex)
}

/** Each proposal of a commit with who sent it; one by reference must have been received before. */
function sentProposals(state: RetainedState, commit: Commit, committer: number): readonly SentProposal[] {
  return commit.proposals.map((item) => {
    if (item.kind === "proposal") return { proposal: item.proposal, sender: { kind: "member", leafIndex: committer } }
    return findPending(state, item.reference) ?? refuse("unknown-proposal", "12.4.2")
  })
}

function initSecret({ crypto }: MlsContext, state: RetainedState, list: ProposalList, secrets: CommitSecrets): Bytes {
  if (list.externalInit === undefined) return state.keys.init
  return openExternalInit(crypto, secrets.external ?? refuse("secret-gone", "8.3"), list.externalInit)
}

/** This member's private keys after the proposals: with those of its own Update, if the commit holds it. */
function ownKeys(state: RetainedState, applied: AppliedProposals, list: ProposalList) {
  const privateKeys = survivingKeys(state.tree, applied.tree, state.privateKeys)
  const update = list.updates.get(state.ownLeafIndex)
  if (update === undefined) return { privateKeys, signatureKeys: state.signatureKeys }
  const { encryptionPrivateKey, signatureKeys } = ownUpdateKeys(state, update)
  return { privateKeys: new Map(privateKeys).set(2 * state.ownLeafIndex, encryptionPrivateKey), signatureKeys }
}

function ownUpdateKeys({ proposals }: RetainedState, update: LeafNode): OwnLeafKeys {
  const pending = proposals.find(({ proposal }) => proposal.kind === "update" && proposal.leafNode === update)
  if (pending?.ownKeys === undefined) throw new RangeError("an Update of one's own is kept with its keys")
  return pending.ownKeys
}
