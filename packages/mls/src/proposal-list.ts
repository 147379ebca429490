import { assertNever, toHex } from "@starling/kernel"
import { encode } from "@starling/wire"

import type { Extension } from "./extension.ts"
import type { FramedContent } from "./framing.ts"
import type { KeyPackage } from "./key-package.ts"
import type { LeafNode } from "./leaf-node.ts"
import { writePreSharedKeyId, type PreSharedKeyId } from "./pre-shared-key.ts"
import type { Proposal, ReInit } from "./proposal.ts"
import { refuse } from "./refusal.ts"

/** A proposal with whoever made it: of one in a commit by value, that is the committer. */
export interface SentProposal {
  readonly proposal: Proposal
  readonly sender: FramedContent["sender"]
}

/** The proposals of a commit, sorted by what they do. */
export interface ProposalList {
  readonly adds: readonly KeyPackage[]
  readonly updates: ReadonlyMap<number, LeafNode>
  readonly removes: ReadonlySet<number>
  readonly psks: readonly PreSharedKeyId[]
  readonly groupContextExtensions: readonly Extension[] | undefined
  readonly reinit: ReInit | undefined
}

/** RFC 9420, 12.2, as far as the list alone shows it: for a commit by the member at leaf `committer`. */
export function sortMemberProposals(proposals: readonly SentProposal[], committer: number): ProposalList {
  const list = sort(proposals)
  if (list.updates.has(committer)) refuse("update-by-committer", "12.2")
  if (list.removes.has(committer)) refuse("remove-of-committer", "12.2")
  if (list.reinit !== undefined && proposals.length > 1) refuse("reinit-with-others", "12.2")
  return list
}

/** RFC 9420, 12.4: whether a commit of these proposals must renew the committer's path. */
export function needsPath(list: ProposalList): boolean {
  const renewing = list.updates.size + list.removes.size
  const others = list.adds.length + list.psks.length
  if (renewing > 0 || list.groupContextExtensions !== undefined) return true
  return others === 0 && list.reinit === undefined
}

function sort(proposals: readonly SentProposal[]): ProposalList {
  const adds: KeyPackage[] = []
  const updates = new Map<number, LeafNode>()
  const removes = new Set<number>()
  const psks = new Map<string, PreSharedKeyId>()
  let groupContextExtensions: readonly Extension[] | undefined
  let reinit: ReInit | undefined
  const claim = (leafIndex: number): void => {
    if (updates.has(leafIndex) || removes.has(leafIndex)) refuse("two-proposals-for-one-leaf", "12.2")
  }
  for (const { proposal, sender } of proposals) {
    switch (proposal.kind) {
      case "add":
        adds.push(proposal.keyPackage)
        break
      case "update":
        if (sender.kind !== "member") refuse("sender-type-not-allowed", "12.1.2")
        claim(sender.leafIndex)
        updates.set(sender.leafIndex, proposal.leafNode)
        break
      case "remove":
        claim(proposal.leafIndex)
        removes.add(proposal.leafIndex)
        break
      case "psk": {
        if (proposal.id.kind === "resumption" && proposal.id.usage !== "application") refuse("invalid-psk", "12.1.4")
        const id = toHex(encode((w) => writePreSharedKeyId(w, proposal.id)))
        if (psks.has(id)) refuse("duplicate-psk", "12.2")
        psks.set(id, proposal.id)
        break
      }
      case "reinit":
        reinit = proposal
        break
      case "external-init":
        return refuse("external-init-in-member-commit", "12.2")
      case "group-context-extensions":
        if (groupContextExtensions !== undefined) refuse("two-group-context-extensions", "12.2")
        groupContextExtensions = proposal.extensions
        break
      default:
        assertNever(proposal)
    }
  }
  requireDistinctClients(adds)
  return { adds, updates, removes, psks: [...psks.values()], groupContextExtensions, reinit }
}

function requireDistinctClients(adds: readonly KeyPackage[]): void {
  const keys = new Set(adds.map((add) => toHex(add.leafNode.signatureKey)))
  if (keys.size < adds.length) refuse("client-added-twice", "12.2")
}
