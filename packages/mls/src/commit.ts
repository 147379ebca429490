import { assertNever, type Bytes } from "@starling/kernel"
import type { Reader, Writer } from "@starling/wire"

import { MAX_LEAVES } from "./limits.ts"
import { readProposal, writeProposal, type Proposal } from "./proposal.ts"
import { readReference } from "./reference.ts"
import { readUpdatePath, writeUpdatePath, type UpdatePath } from "./update-path.ts"

/** RFC 9420, 12.4: a proposal in a commit, spelt out or by its `ProposalRef`. */
export type ProposalOrRef =
  | { readonly kind: "proposal"; readonly proposal: Proposal }
  | { readonly kind: "reference"; readonly reference: Bytes }

/** RFC 9420, 12.4. */
export interface Commit {
  readonly proposals: readonly ProposalOrRef[]
  readonly path: UpdatePath | undefined
}

const TYPES = { proposal: 1, reference: 2 } as const

export function writeCommit(writer: Writer, commit: Commit): void {
  writer.vector(commit.proposals, writeProposalOrRef)
  writer.optional(commit.path, writeUpdatePath)
}

export function readCommit(reader: Reader): Commit {
  return { proposals: reader.vector(readProposalOrRef, MAX_LEAVES), path: reader.optional(readUpdatePath) }
}

function writeProposalOrRef(writer: Writer, item: ProposalOrRef): void {
  writer.uint8(TYPES[item.kind])
  switch (item.kind) {
    case "proposal":
      writeProposal(writer, item.proposal)
      return
    case "reference":
      writer.opaque(item.reference)
      return
    default:
      assertNever(item)
  }
}

function readProposalOrRef(reader: Reader): ProposalOrRef {
  const type = reader.uint8()
  switch (type) {
    case TYPES.proposal:
      return { kind: "proposal", proposal: readProposal(reader) }
    case TYPES.reference:
      return { kind: "reference", reference: readReference(reader) }
    default:
      return reader.fail(`a ProposalOrRef of type ${type}`)
  }
}
