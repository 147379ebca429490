import type { Bytes, Decoded } from "@starling/kernel"
import { malformed, ok } from "@starling/kernel"

import type { KeyPackage } from "./key-package.ts"
import { decodeMlsMessage } from "./mls-message.ts"
import type { Proposal } from "./proposal.ts"

/** What anybody may read of a commit in a PublicMessage, member or not. Nothing of it is verified. */
export interface PublicCommitHeader {
  readonly groupId: Bytes
  readonly epoch: bigint
  readonly senderLeaf: number
  readonly authenticatedData: Bytes
  readonly adds: readonly KeyPackage[]
  /** Leaf indices. */
  readonly removes: readonly number[]
  /** The kinds of all proposals that are spelt out, in order. */
  readonly proposals: readonly Proposal["kind"][]
  /** How many more are there by reference only. */
  readonly references: number
  readonly hasPath: boolean
}

export function publicCommitHeader(message: Uint8Array): Decoded<PublicCommitHeader> {
  const decoded = decodeMlsMessage(message)
  if (decoded.kind === "malformed") return decoded
  if (decoded.value.kind !== "public-message") return malformed("an MLSMessage that is no PublicMessage")
  const { groupId, epoch, sender, authenticatedData, content } = decoded.value.message.framed
  if (content.kind !== "commit") return malformed("a PublicMessage that is no commit")
  if (sender.kind !== "member") return malformed("a commit that is not a member's")
  const proposals = content.commit.proposals.flatMap((item) => (item.kind === "proposal" ? [item.proposal] : []))
  return ok({
    groupId,
    epoch,
    senderLeaf: sender.leafIndex,
    authenticatedData,
    adds: proposals.flatMap((proposal) => (proposal.kind === "add" ? [proposal.keyPackage] : [])),
    removes: proposals.flatMap((proposal) => (proposal.kind === "remove" ? [proposal.leafIndex] : [])),
    proposals: proposals.map((proposal) => proposal.kind),
    references: content.commit.proposals.length - proposals.length,
    hasPath: content.commit.path !== undefined,
  })
}
