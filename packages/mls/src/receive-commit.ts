import { equalBytes, equalConstantTime, type Bytes } from "@starling/kernel"

import { applyProposals, findPreSharedKeys, type AppliedProposals } from "./apply-proposals.ts"
import type { Commit } from "./commit.ts"
import type { MlsContext } from "./context.ts"
import { requireCredentialsSupported } from "./credential-support.ts"
import type { AuthenticatedContent } from "./framing.ts"
import { memberOf, startEpoch, type GroupState, type Member } from "./group-state.ts"
import { validateLeafNode } from "./leaf-node-validation.ts"
import type { LeafNode } from "./leaf-node.ts"
import { nextEpoch, pathPlace, requireSuccessor, survivingKeys } from "./next-epoch.ts"
import { needsPath, sortMemberProposals, type ProposalList, type SentProposal } from "./proposal-list.ts"
import type { PskSource } from "./pre-shared-key.ts"
import { leafAt, type RatchetTree } from "./ratchet-tree.ts"
import { refuse } from "./refusal.ts"
import { mergePath, openPath, type PrivateKeys } from "./treekem.ts"

export interface ReceivedCommit {
  readonly kind: "commit"
  readonly next: GroupState
  readonly committer: Member
  readonly added: readonly Member[]
  readonly removed: readonly Member[]
  /** Those whose leaf is another than before, the committer among them if it renewed its keys, as they are now. */
  readonly updated: readonly Member[]
  /** Whether the committer renewed its keys. */
  readonly hasPath: boolean
  readonly authenticatedData: Bytes
}

/** A valid commit, as far as one can tell who does not get the next epoch's secrets, that removes this member. */
export interface SelfRemoved {
  readonly kind: "self-removed"
  readonly committer: Member
  readonly authenticatedData: Bytes
}

/** RFC 9420, 12.4.2: a commit whose signature (and membership tag) is valid, by the member at leaf `committer`. */
export function receiveCommit(
  mls: MlsContext,
  state: GroupState,
  signed: AuthenticatedContent,
  commit: Commit,
  committer: number,
  psks: PskSource | undefined,
  now: bigint | undefined,
): ReceivedCommit | SelfRemoved {
  const { crypto } = mls
  requireSuccessor(state)
  const { authenticatedData } = signed.framed
  const list = sortMemberProposals(sentProposals(state, commit, committer), committer)
  const path = commit.path ?? (needsPath(list) ? refuse("path-required", "12.4.2") : undefined)
  const applied = applyProposals(mls, state, list, now)
  const place = pathPlace(state, applied, committer)
  let { tree } = applied
  if (path !== undefined) {
    const position = { groupId: state.groupId, leafIndex: committer }
    const previous = leafOf(applied.tree, committer)
    const groupExtensions = applied.extensions
    validateLeafNode(mls, path.leafNode, { source: "commit", position, previous, groupExtensions, now })
    tree = mergePath(crypto, place, path)
    requireCredentialsSupported(tree.root)
  }
  const sender = memberAt(state.tree, committer)
  if (list.removes.has(state.ownLeafIndex)) return { kind: "self-removed", committer: sender, authenticatedData }

  const surviving = ownKeys(state, applied, list)
  const opened =
    path === undefined
      ? { privateKeys: surviving, commitSecret: new Uint8Array(crypto.suite.hashLength) }
      : openPath(crypto, place, path, tree, state.ownLeafIndex, surviving)
  const keys = findPreSharedKeys(mls, list.psks, psks)
  const signedCommit = { wireFormat: signed.wireFormat, framed: signed.framed, signature: signed.auth.signature }
  const epoch = nextEpoch(crypto, state, signedCommit, tree, applied, state.keys.init, opened.commitSecret, keys)
  const { confirmationTag } = signed.auth
  if (confirmationTag === undefined || !equalConstantTime(confirmationTag, epoch.confirmationTag)) {
    refuse("bad-confirmation-tag", "12.4.2")
  }
  const next = startEpoch(crypto, {
    context: epoch.context,
    tree,
    secrets: epoch.secrets,
    confirmationTag,
    ownLeafIndex: state.ownLeafIndex,
    privateKeys: opened.privateKeys,
    signatureKeys: state.signatureKeys,
    reinit: list.reinit,
  })
  return {
    kind: "commit",
    next,
    committer: sender,
    added: Array.from(applied.added, ([leafIndex, { leafNode }]) => memberOf(leafIndex, leafNode)),
    removed: Array.from(list.removes, (leafIndex) => memberAt(state.tree, leafIndex)),
    updated: [...list.updates.keys(), ...(path === undefined ? [] : [committer])].map((at) => memberAt(tree, at)),
    hasPath: path !== undefined,
    authenticatedData,
  }
}

/** Each proposal of a commit with who sent it; one by reference must have been received before. */
function sentProposals(state: GroupState, commit: Commit, committer: number): readonly SentProposal[] {
  return commit.proposals.map((item) => {
    if (item.kind === "proposal") return { proposal: item.proposal, sender: { kind: "member", leafIndex: committer } }
    const pending = state.proposals.find(({ reference }) => equalBytes(reference, item.reference))
    return pending ?? refuse("unknown-proposal", "12.4.2")
  })
}

/** This member's private keys after the proposals: with that of its own Update, if the commit holds it. */
function ownKeys(state: GroupState, applied: AppliedProposals, list: ProposalList): PrivateKeys {
  const surviving = survivingKeys(state.tree, applied.tree, state.privateKeys)
  const update = list.updates.get(state.ownLeafIndex)
  if (update === undefined) return surviving
  const pending = state.proposals.find(({ proposal }) => proposal.kind === "update" && proposal.leafNode === update)
  if (pending?.encryptionPrivateKey === undefined) throw new RangeError("an Update of one's own is kept with its key")
  return new Map(surviving).set(2 * state.ownLeafIndex, pending.encryptionPrivateKey)
}

function memberAt(tree: RatchetTree, leafIndex: number): Member {
  return memberOf(leafIndex, leafOf(tree, leafIndex))
}

function leafOf(tree: RatchetTree, leafIndex: number): LeafNode {
  const leaf = leafAt(tree, leafIndex)
  if (leaf === undefined) throw new RangeError(`leaf ${leafIndex} is blank`)
  return leaf
}
