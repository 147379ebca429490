import type { Bytes } from "@starling/kernel"

import { applyProposals, findPreSharedKeys } from "./apply-proposals.ts"
import { reportCommit, type CommitReport } from "./commit-report.ts"
import type { MlsContext } from "./context.ts"
import { createExternalInit, externalPubOf } from "./external-init.ts"
import { frameFromOutside, signFramed } from "./frame-content.ts"
import { WireFormat } from "./framing.ts"
import { encodeGroupContext, type GroupContext } from "./group-context.ts"
import { memberOf, startEpoch, type GroupState, type Member } from "./group-state.ts"
import { requireCredentialsSupported } from "./credential-support.ts"
import { requireProfile } from "./leaf-node-validation.ts"
import { newProfile, type NewLeaf } from "./leaf-profile.ts"
import { openMlsMessage } from "./mls-message.ts"
import { joinPlace, nextEpoch, requireSuccessor, type EpochBefore } from "./next-epoch.ts"
import type { PskReference, PskSource } from "./pre-shared-key.ts"
import { sortJoinProposals } from "./proposal-list.ts"
import { proposalOf } from "./proposal-intent.ts"
import type { Proposal } from "./proposal.ts"
import { leaves, type RatchetTree } from "./ratchet-tree.ts"
import { orRefused, refuse, type Refused } from "./refusal.ts"
import { decodingOnce } from "./subtree.ts"
import { interimTranscriptHash } from "./transcript.ts"
import { createPath } from "./treekem.ts"
import { verifyGroupInfo, type JoinSurroundings } from "./verify-group-info.ts"

export interface ExternalJoining extends JoinSurroundings, NewLeaf {
  /** MLSMessage(GroupInfo) with an external public key, of the epoch that the group is in. */
  readonly groupInfo: Uint8Array
  /**
   * Finds the member whose place this client takes: its own earlier appearance, if it has one. The members' authentication
   * services must take the new credential for a successor of that one's (RFC 9420, 12.2).
   */
  readonly replaces?: (member: Member) => boolean
  /** Keys that the commit brings in; each must be known to all members, and `psks` finds it here. */
  readonly presharedKeys?: readonly PskReference[]
  readonly psks?: PskSource
  readonly authenticatedData?: Uint8Array
}

export interface JoinedExternally extends CommitReport {
  readonly kind: "joined"
  /** Keep it before the commit leaves; it counts once the members have taken the commit. */
  readonly state: GroupState
  /** MLSMessage(PublicMessage). */
  readonly commit: Bytes
  /** Who signed the GroupInfo. */
  readonly signer: Member
}

/**
 * RFC 9420, 12.4.3.2: joins a group by a commit of one's own. Everything is verified that a GroupInfo shows; its
 * confirmation tag goes into the transcript, so that the members refuse the commit where it is wrong.
 */
export function joinExternally(mls: MlsContext, joining: ExternalJoining): JoinedExternally | Refused {
  return orRefused(() => decodingOnce(() => enter(mls, joining)))
}

function enter(mls: MlsContext, joining: ExternalJoining): JoinedExternally {
  const { crypto } = mls
  const { signatureKeys } = joining
  const message = openMlsMessage(joining.groupInfo, "12.4.3.2")
  if (message.kind !== "group-info") return refuse("unexpected-wire-format", "12.4.3.2")
  const { groupInfo } = message
  const externalPub = externalPubOf(groupInfo.extensions)
  const { tree: treeBefore, signer } = verifyGroupInfo(mls, groupInfo, joining)
  const before = epochBefore(mls, groupInfo.groupContext, groupInfo.confirmationTag, treeBefore)
  requireSuccessor({ ...before, reinit: undefined })
  const profile = newProfile(mls, joining)
  requireProfile(crypto, profile, before.extensions)

  const { kemOutput, initSecret } = createExternalInit(mls, externalPub)
  const proposals: readonly Proposal[] = [
    { kind: "external-init", kemOutput },
    ...removal(treeBefore, joining.replaces),
    ...(joining.presharedKeys ?? []).map((psk) => proposalOf(mls, { kind: "psk", psk })),
  ]
  const items = proposals.map((proposal) => ({ kind: "proposal", proposal }) as const)
  const list = sortJoinProposals(items)
  const applied = applyProposals(mls, before, list, undefined)
  const psks = findPreSharedKeys(mls, list.psks, joining.psks)
  const place = joinPlace(before, applied)
  const { path, tree, privateKeys, commitSecret } = createPath(mls, place, profile, before.groupId, signatureKeys)
  requireCredentialsSupported(tree.root)

  const framed = {
    groupId: before.groupId,
    epoch: before.epoch,
    sender: { kind: "new-member-commit" },
    authenticatedData: new Uint8Array(joining.authenticatedData ?? []),
    content: { kind: "commit", commit: { proposals: items, path } },
  } as const
  const contextBytes = encodeGroupContext(before)
  const signed = signFramed(mls, WireFormat.publicMessage, framed, contextBytes, signatureKeys.privateKey)
  const epoch = nextEpoch(crypto, before, signed, tree, applied, initSecret, commitSecret, psks)
  const { context, secrets, confirmationTag } = epoch
  const ownLeafIndex = place.leafIndex
  const start = { context, tree, secrets, confirmationTag, ownLeafIndex, privateKeys, signatureKeys, reinit: undefined }
  return {
    kind: "joined",
    state: startEpoch(crypto, start),
    commit: frameFromOutside(signed, confirmationTag),
    signer,
    ...reportCommit(treeBefore, tree, list, applied, ownLeafIndex, true),
  }
}

function epochBefore(
  { crypto }: MlsContext,
  context: GroupContext,
  confirmationTag: Uint8Array,
  tree: RatchetTree,
): EpochBefore {
  const interim = interimTranscriptHash(crypto, context.confirmedTranscriptHash, confirmationTag)
  return { ...context, tree, interimTranscriptHash: interim }
}

function removal(tree: RatchetTree, replaces: ExternalJoining["replaces"]): readonly Proposal[] {
  if (replaces === undefined) return []
  for (const { leafIndex, node } of leaves(tree.root)) {
    if (replaces(memberOf(leafIndex, node))) return [{ kind: "remove", leafIndex }]
  }
  return refuse("no-such-member", "12.4.3.2")
}
