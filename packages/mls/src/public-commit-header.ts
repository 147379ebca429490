import { ok, type Bytes, type Decoded } from "@starling/kernel"

import type { KeyPackage } from "./key-package.ts"
import type { Proposal } from "./proposal.ts"
import { decodePublicCommit } from "./public-commit.ts"

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
  const decoded = decodePublicCommit(message)
  if (decoded.kind === "malformed") return decoded
  const { framed, senderLeaf, commit } = decoded.value
  const { groupId, epoch, authenticatedData } = framed
  const proposals = commit.proposals.flatMap((item) => (item.kind === "proposal" ? [item.proposal] : []))
  return ok({
    groupId,
    epoch,
    senderLeaf,
    authenticatedData,
    adds: proposals.flatMap((proposal) => (proposal.kind === "add" ? [proposal.keyPackage] : [])),
    removes: proposals.flatMap((proposal) => (proposal.kind === "remove" ? [proposal.leafIndex] : [])),
    proposals: proposals.map((proposal) => proposal.kind),
    references: commit.proposals.length - proposals.length,
    hasPath: commit.path !== undefined,
  })
}
