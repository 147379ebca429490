import { equalBytes, toHex, type Milliseconds } from "@starling/kernel"
import {
  confirmedTranscriptHashAfter,
  interimTranscriptHashAfter,
  publicCommitHeader,
  type CryptoProvider,
  type PublicCommitHeader,
} from "@starling/mls"

import type { IdentityId } from "../identity/identity-id.ts"
import { bytesOf } from "../record/operation.ts"
import { commitAuthenticatedData, decodeCommitRecord, type CommitRecord } from "../record/commit-record.ts"
import type { LoggedRecord } from "../record/record.ts"
import type { EpochReason } from "../view/group-view.ts"
import { stateOf, type ForestNode } from "./forest-node.ts"
import type { Group } from "./group.ts"
import { subjectOf, type KnownOperation } from "./membership.ts"
import { hasDevice, identitiesOf, nextRoster, type Roster } from "./roster.ts"

/**
 * - `waiting`: its parent, or an operation that it cites or that one of those rests on, has not come yet; or of its parent nothing
 *   but the Welcome has.
 * - `doubtful`: by what is here it is not in order; it is judged again where other operations, or bodies of COMMITs, come.
 */
export type Placement =
  | { readonly kind: "placed"; readonly node: ForestNode }
  | { readonly kind: "waiting" | "doubtful" | "refused" }

/**
 * Judges a COMMIT by what everybody can check, members or not of its branch: its author sits in the parent's roster,
 * MLS bytes and record say the same, its id is the one that the MLS bytes lead to, and each addition and removal cites an
 * operation that asks for it, by somebody who was entitled to.
 */
export function placeCommit(crypto: CryptoProvider, group: Group, record: LoggedRecord, now: Milliseconds): Placement {
  // Before anything is decoded: somebody may have signed thousands that have no parent.
  const known = group.forest.get(toHex(record.body.subarray(0, 32)))
  if (record.body.length >= 32 && !isKnownByRecords(group, known)) return { kind: "waiting" }
  const decoded = decodeCommitRecord(record.body)
  if (decoded.kind !== "ok") return { kind: "refused" }
  const commit = decoded.value
  const parent = group.forest.get(commit.parent)
  const cited = commit.ops.map((hash) => group.operations.get(hash))
  if (parent === undefined || cited.includes(undefined)) return { kind: "waiting" }
  const ops = cited.filter((op) => op !== undefined)
  const { pasts, permits } = group.membership
  // Everybody may leave, whatever that rests on.
  const isOpen = ({ hash, change }: KnownOperation): boolean =>
    change.kind !== "leave" && pasts.get(hash)?.complete !== true
  if (ops.some(isOpen)) return { kind: "waiting" }
  const header = publicCommitHeader(commit.mls)
  if (header.kind !== "ok" || !headerMatches(group, parent, record, commit, header.value)) return { kind: "refused" }
  if (!isNamedByContent(crypto, commit)) return { kind: "refused" }
  const roster = nextRoster(crypto, parent.roster, header.value)
  const author = parent.roster[header.value.senderLeaf]?.identity
  if (roster === undefined || author === undefined) return { kind: "refused" }
  const change = describeChange(parent.roster, roster, header.value)
  if (!citesAll(change, ops, roster)) return { kind: "refused" }
  if (!ops.every(permits) || !isTranscriptOf(parent, commit)) return { kind: "doubtful" }
  const interim = interimTranscriptHashAfter(crypto, bytesOf(commit.sid), commit.mls)
  if (interim.kind !== "ok") return { kind: "refused" }
  return {
    kind: "placed",
    node: nodeOf(commit, record, author, roster, change, ops, toHex(interim.value), now),
  }
}

/** COMMITs that have found no place. */
export interface Unplaced {
  readonly waiting: readonly LoggedRecord[]
  readonly doubtful: readonly LoggedRecord[]
}

/** Judges `records` one after the other, from the front again whenever one has found its place. */
export function placeInOrder(
  records: readonly LoggedRecord[],
  place: (record: LoggedRecord) => Placement["kind"],
): Unplaced {
  let left = records
  const doubted = new Set<LoggedRecord>()
  for (let i = 0; i < left.length;) {
    const record = left[i]
    if (record === undefined) break
    const outcome = place(record)
    doubted.delete(record)
    if (outcome === "doubtful") doubted.add(record)
    const stays = outcome === "waiting" || outcome === "doubtful"
    if (!stays) left = left.toSpliced(i, 1)
    i = outcome === "placed" ? 0 : stays ? i + 1 : i
  }
  return { waiting: left.filter((record) => !doubted.has(record)), doubtful: [...doubted] }
}

/**
 * False for a state for which only a Welcome speaks: who wrote that may have made up its members and keys, and what is judged by
 * them would be judged otherwise by everybody else.
 */
function isKnownByRecords({ creation }: Group, node: ForestNode | undefined): boolean {
  return node !== undefined && (node.parent !== undefined || node.sid === creation)
}

/** Whether its id is the one that content and named transcript lead to: so no two contents ever share one. */
function isNamedByContent(crypto: CryptoProvider, { before, sid, mls }: CommitRecord): boolean {
  const computed = confirmedTranscriptHashAfter(crypto, { kind: "interim", hash: before }, mls)
  return computed.kind === "ok" && toHex(computed.value) === sid
}

/**
 * Whether the transcript that the record names is the parent's, as far as it is known here. Where the parent has more than one
 * body, any of them counts: all but one are refused with what follows them once their parent's keys are there. That of the
 * creation is its creator's secret: nobody but the creator commits there.
 */
function isTranscriptOf(parent: ForestNode, { before }: CommitRecord): boolean {
  if (parent.interims.has(toHex(before))) return true
  const hash = stateOf(parent)?.interimTranscriptHash
  return hash === undefined ? parent.bodies.length === 0 : equalBytes(hash, before)
}

interface Change {
  readonly added: readonly IdentityId[]
  readonly removed: readonly IdentityId[]
}

function headerMatches(
  group: Group,
  parent: ForestNode,
  record: LoggedRecord,
  commit: CommitRecord,
  header: PublicCommitHeader,
): boolean {
  return (
    commit.epoch === parent.epoch + 1 &&
    header.epoch === BigInt(parent.epoch) &&
    equalBytes(header.groupId, group.id) &&
    parent.roster[header.senderLeaf]?.device === record.author &&
    equalBytes(header.authenticatedData, commitAuthenticatedData(commit.parent, commit.ops)) &&
    header.references === 0 &&
    header.proposals.every((kind) => kind === "add" || kind === "remove") &&
    (header.removes.length === 0 || header.hasPath)
  )
}

function describeChange(before: Roster, after: Roster, header: PublicCommitHeader): Change {
  const removed = header.removes.flatMap((leaf) => before[leaf]?.identity ?? [])
  const remaining = new Set(before.filter((_, leaf) => !header.removes.includes(leaf)))
  const added = after.filter((device) => device !== undefined && !remaining.has(device))
  return { added: added.flatMap((device) => device?.identity ?? []), removed }
}

function citesAll({ added, removed }: Change, ops: readonly KnownOperation[], roster: Roster): boolean {
  const single = identitiesOf(roster).size === roster.filter((device) => device !== undefined).length
  const addition = (identity: IdentityId): boolean =>
    ops.some(
      (op) => op.change.kind === "add" && subjectOf(op) === identity && hasDevice(roster, op.change.device.device),
    )
  const removal = (identity: IdentityId): boolean =>
    ops.some((op) => (op.change.kind === "remove" || op.change.kind === "leave") && subjectOf(op) === identity)
  return single && added.every(addition) && removed.every(removal)
}

function nodeOf(
  commit: CommitRecord,
  record: LoggedRecord,
  author: IdentityId,
  roster: Roster,
  change: Change,
  ops: readonly KnownOperation[],
  interim: string,
  now: Milliseconds,
): ForestNode {
  const { sid, parent, epoch, at, mls } = commit
  const reason = reasonOf(change, ops)
  const node = { sid, parent, epoch, at, mls, author, roster, reason, ops: commit.ops, ...change }
  const told = { device: record.author, bodies: [mls], interims: new Set([interim]) }
  return { ...node, ...told, standing: { kind: "open" }, era: undefined, placedAt: now }
}

function reasonOf({ added, removed }: Change, ops: readonly KnownOperation[]): EpochReason {
  if (removed.length > 0) return ops.some((op) => op.change.kind === "remove") ? "removed" : "left"
  return added.length > 0 ? "added" : "healed"
}
