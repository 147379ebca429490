import { assertNever, toHex, type Bytes } from "@starling/kernel"
import { encode } from "@starling/wire"

import type { ProposalOrRef } from "./commit.ts"
import type { Extension } from "./extension.ts"
import type { Sender } from "./framing.ts"
import type { KeyPackage } from "./key-package.ts"
import type { LeafNode } from "./leaf-node.ts"
import { isForFirstEpoch, writePreSharedKeyId, type PreSharedKeyId } from "./pre-shared-key.ts"
import type { Proposal, ReInit } from "./proposal.ts"
import { refuse } from "./refusal.ts"

/** A proposal with whoever made it, who may make it: of one in a commit by value, that is the committer. */
export interface SentProposal {
  readonly proposal: Proposal
  readonly sender: Sender
}

/** The proposals of a commit, sorted by what they do. */
export interface ProposalList {
  readonly adds: readonly KeyPackage[]
  readonly updates: ReadonlyMap<number, LeafNode>
  readonly removes: ReadonlySet<number>
  readonly psks: readonly PreSharedKeyId[]
  readonly groupContextExtensions: readonly Extension[] | undefined
  readonly reinit: ReInit | undefined
  /** `kem_output` of the ExternalInit, in an external commit. */
  readonly externalInit: Bytes | undefined
}

/** Whether a commit may hold a resumption PSK that is meant for the first epoch of a subgroup (RFC 9420, 11.2, 11.3). */
export type PskPurpose = "any-epoch" | "first-epoch"

/** RFC 9420, 12.2, as far as the list alone shows it: for a commit by the member at leaf `committer`. */
export function sortMemberProposals(
  proposals: readonly SentProposal[],
  committer: number,
  purpose: PskPurpose = "any-epoch",
): ProposalList {
  const list = sort(proposals, purpose)
  if (list.externalInit !== undefined) refuse("external-init-in-member-commit", "12.2")
  if (list.updates.has(committer)) refuse("update-by-committer", "12.2")
  if (list.removes.has(committer)) refuse("remove-of-committer", "12.2")
  if (list.reinit !== undefined && proposals.length > 1) refuse("reinit-with-others", "12.2")
  return list
}

/** A proposal that is still to be committed, by somebody else maybe. */
export function sortProposal(proposal: SentProposal): ProposalList {
  return sort([proposal], "any-epoch")
}

/** RFC 9420, 12.2 and 12.4.3.2: for a commit by which its sender joins. */
export function sortJoinProposals(items: readonly ProposalOrRef[]): ProposalList {
  const sender = { kind: "new-member-commit" } as const
  const proposals = items.map((item) => {
    if (item.kind === "reference") return refuse("not-in-external-commit", "12.4.3.2")
    const { kind } = item.proposal
    if (kind !== "external-init" && kind !== "remove" && kind !== "psk") refuse("not-in-external-commit", "12.2")
    return { proposal: item.proposal, sender }
  })
  const list = sort(proposals, "any-epoch")
  if (list.externalInit === undefined) refuse("external-init-missing", "12.2")
  if (list.removes.size > 1) refuse("not-in-external-commit", "12.2")
  return list
}

/** RFC 9420, 12.4: whether a commit of these proposals must renew the committer's path. */
export function needsPath(list: ProposalList): boolean {
  const renewing = list.updates.size + list.removes.size
  const others = list.adds.length + list.psks.length
  if (renewing > 0 || list.groupContextExtensions !== undefined || list.externalInit !== undefined) return true
  return others === 0 && list.reinit === undefined
}

function sort(proposals: readonly SentProposal[], purpose: PskPurpose): ProposalList {
  const adds: KeyPackage[] = []
  const updates = new Map<number, LeafNode>()
  const removes = new Set<number>()
  const psks = new Map<string, PreSharedKeyId>()
  let groupContextExtensions: readonly Extension[] | undefined
  let reinit: ReInit | undefined
  let externalInit: Bytes | undefined
  const claim = (leafIndex: number): void => {
    if (updates.has(leafIndex) || removes.has(leafIndex)) refuse("two-proposals-for-one-leaf", "12.2")
  }
  for (const { proposal, sender } of proposals) {
    switch (proposal.kind) {
      case "add":
        adds.push(proposal.keyPackage)
        break
      case "update":
        if (sender.kind !== "member") throw new TypeError("only a member's Update is kept")
        claim(sender.leafIndex)
        updates.set(sender.leafIndex, proposal.leafNode)
        break
      case "remove":
        claim(proposal.leafIndex)
        removes.add(proposal.leafIndex)
        break
      case "psk": {
        if (purpose === "any-epoch" && isForFirstEpoch(proposal.id)) refuse("invalid-psk", "12.1.4")
        const id = toHex(encode((w) => writePreSharedKeyId(w, proposal.id)))
        if (psks.has(id)) refuse("duplicate-psk", "12.2")
        psks.set(id, proposal.id)
        break
      }
      case "reinit":
        reinit = proposal
        break
      case "external-init":
        if (externalInit !== undefined) refuse("not-in-external-commit", "12.2")
        externalInit = proposal.kemOutput
        break
      case "group-context-extensions":
        if (groupContextExtensions !== undefined) refuse("two-group-context-extensions", "12.2")
        groupContextExtensions = proposal.extensions
        break
      default:
        assertNever(proposal)
    }
  }
  requireDistinctClients(adds)
  return { adds, updates, removes, psks: [...psks.values()], groupContextExtensions, reinit, externalInit }
}

function requireDistinctClients(adds: readonly KeyPackage[]): void {
  const keys = new Set(adds.map((add) => toHex(add.leafNode.signatureKey)))
  if (keys.size < adds.length) refuse("client-added-twice", "12.2")
}
