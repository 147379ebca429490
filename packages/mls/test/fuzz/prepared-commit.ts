import { toHex, type Bytes } from "@starling/kernel"
import {
  createCommit,
  createGroupInfo,
  joinExternally,
  members,
  type CommitReport,
  type ExternalJoining,
  type GroupState,
  type LeftOut,
  type MlsContext,
  type NewCommit,
  type Proposal,
  type ProposalIntent,
} from "@starling/mls"

import type { Client } from "../world.ts"
import { Disagreement, require } from "./disagreement.ts"
import type { RecordedCrypto } from "./recorded-crypto.ts"
import { ReferenceTree } from "./reference-tree.ts"

/** A client that is not in the group yet. */
export interface Candidate {
  readonly name: string
  readonly client: Client
}

/** A commit that was made but not sent yet. */
export interface PreparedCommit {
  readonly commit: Bytes
  readonly welcome: Bytes | undefined
  /** The epoch that it ends, as its committer has it, or a member if the committer joins by it. */
  readonly before: GroupState
  /** The committer's. */
  readonly next: GroupState
  readonly report: CommitReport
  /** Those of the proposals, in order. */
  readonly added: readonly Bytes[]
  /** The public keys that the commit and its Welcome encrypt to, in order. */
  readonly recipients: readonly Bytes[]
}

/** By a member. What it reports is what its proposals say, and it encrypts to whom it should. */
export function prepareCommit(
  mls: MlsContext,
  recorded: RecordedCrypto,
  before: GroupState,
  options: NewCommit,
): PreparedCommit {
  recorded.takeRecipients()
  const made = createCommit(mls, before, options)
  if (made.kind !== "ok") throw new Disagreement(`no commit can be made: ${made.reason} (${made.section})`)
  const { commit, welcome, next, leftOut, ...report } = made
  const committed = committedProposals(before, options, leftOut)
  const adds = committed.flatMap((proposal) => (proposal.kind === "add" ? proposal.keyPackage : []))
  const removes = committed.flatMap((proposal) => (proposal.kind === "remove" ? proposal.leafIndex : []))
  requireReport(report, {
    adds: adds.map((keyPackage) => keyPackage.leafNode.signatureKey),
    removes,
    isExternal: false,
    hasPath: options.path === true || options.leaf !== undefined || needsPath(committed),
  })
  const recipients = recorded.takeRecipients()
  const inits = adds.map(({ initKey }) => initKey)
  requireRecipients(mls, next, report, inits, recipients)
  requireFirstFreeLeaves(before, report)
  const added = adds.map(({ leafNode }) => leafNode.signatureKey)
  return { commit, welcome, before, next, report, added, recipients }
}

/** By one that joins, from a GroupInfo of a member whose state is `before`. */
export function prepareEntry(
  mls: MlsContext,
  recorded: RecordedCrypto,
  before: GroupState,
  joining: Omit<ExternalJoining, "groupInfo">,
): PreparedCommit {
  const groupInfo = createGroupInfo(mls, before, { externalPub: true })
  recorded.takeRecipients()
  const made = joinExternally(mls, { ...joining, groupInfo })
  if (made.kind !== "joined") throw new Disagreement(`nobody can join by ${made.reason} (${made.section})`)
  const { state: next, commit, ...report } = made
  const removes = members(before).flatMap((member) => (joining.replaces?.(member) ? member.leafIndex : []))
  requireReport(report, {
    adds: [joining.signatureKeys.publicKey],
    removes,
    isExternal: true,
    hasPath: true,
  })
  const recipients = recorded.takeRecipients()
  const [external, ...rest] = recipients
  const expected = mls.crypto.kem.deriveKeyPair(before.keys.external).publicKey
  require(external !== undefined && toHex(external) === toHex(expected), "an init secret goes to another key")
  requireRecipients(mls, next, { ...report, added: [] }, [], rest)
  requireFirstFreeLeaves(before, report)
  return { commit, welcome: undefined, before, next, report, added: [], recipients }
}

/** Equal for all who process a commit. */
export function reported({ committer, isExternal, added, removed, updated, hasPath }: CommitReport): string {
  const leaves = [[committer], added, removed, updated].map((some) => some.map(({ leafIndex }) => leafIndex).join(","))
  return `${leaves.join(" ")} ${isExternal} ${hasPath}`
}

function committedProposals(
  { proposals }: GroupState,
  options: NewCommit,
  leftOut: readonly LeftOut[],
): readonly (Proposal | ProposalIntent)[] {
  const out = new Set(leftOut.map(({ reference }) => toHex(reference)))
  const pending = options.includePending === true ? proposals.filter(({ reference }) => !out.has(toHex(reference))) : []
  return [...pending.map(({ proposal }) => proposal), ...options.proposals]
}

/** RFC 9420, 12.4. */
function needsPath(committed: readonly { readonly kind: Proposal["kind"] }[]): boolean {
  return committed.length === 0 || committed.some(({ kind }) => !["add", "psk", "reinit"].includes(kind))
}

interface Expected {
  readonly adds: readonly Bytes[]
  readonly removes: readonly number[]
  readonly isExternal: boolean
  readonly hasPath: boolean
}

function requireReport(report: CommitReport, expected: Expected): void {
  require(report.hasPath === expected.hasPath, expected.hasPath
    ? "a commit that needs a path has none"
    : "a path where none was due")
  require(report.isExternal === expected.isExternal, "a commit is external, or is not")
  const added = report.added.map(({ signatureKey }) => toHex(signatureKey)).join()
  require(added === expected.adds.map(toHex).join(), "a commit adds others than it says")
  const removed = report.removed.map(({ leafIndex }) => leafIndex).join()
  require(removed === expected.removes.join(), "a commit removes others than it says")
}

/** RFC 9420, 7.5 and 12.4.3.1: to whom a commit encrypts, in which order. */
function requireRecipients(
  mls: MlsContext,
  next: GroupState,
  { added, hasPath }: CommitReport,
  initKeys: readonly Bytes[],
  recipients: readonly Bytes[],
): void {
  const reference = new ReferenceTree(mls.crypto, next.tree)
  const leaves = new Set(added.map(({ leafIndex }) => leafIndex))
  const path = hasPath ? reference.pathRecipients(next.ownLeafIndex, leaves) : []
  const expected = [...path, ...initKeys].map(toHex).join(" ")
  require(expected === recipients.map(toHex).join(" "), "a commit's secrets are not encrypted to whom they should be")
}

/** RFC 9420, 7.7: newcomers go to the first free leaves, in order. */
function requireFirstFreeLeaves(before: GroupState, { added, removed }: CommitReport): void {
  const taken = new Set(members(before).map(({ leafIndex }) => leafIndex))
  for (const { leafIndex } of removed) taken.delete(leafIndex)
  let next = 0
  for (const { leafIndex } of added) {
    while (taken.has(next)) next++
    require(leafIndex === next, "somebody is added to another than the first free leaf")
    taken.add(next)
  }
}
