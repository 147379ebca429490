import { toHex } from "@starling/kernel"
import { interimTranscriptHashAfter, type CryptoProvider } from "@starling/mls"

import { MAX_BODIES, MAX_NAMED_STRAYS } from "../limits.ts"
import { decodeCommitRecord } from "../record/commit-record.ts"
import { bytesOf, type StateId } from "../record/operation.ts"
import { RECORD_KINDS, type LoggedRecord, type RecordHash } from "../record/record.ts"
import type { RecordLogs } from "../record/record-log.ts"
import { depthOf } from "./causal-past.ts"
import type { ForestNode } from "./forest-node.ts"
import type { Group } from "./group.ts"

/**
 * Which loose records something rests on: `undefined` where these are more than any one device may name. Sets that are equal are
 * mostly the same object.
 */
export interface Needs {
  readonly ofOperation: (hash: RecordHash) => Loose
  /** For a state to be a child of its parent: the ways to that, and what its COMMIT cites. */
  readonly below: (sid: StateId) => Loose
  /** With COMMITs that lead to it. */
  readonly upTo: (sid: StateId) => Loose
}
type Loose = ReadonlySet<RecordHash> | undefined

const NOTHING: ReadonlySet<RecordHash> = new Set()

/** A loose record is kept with what comes before it in its log; an operation rests on all that its author knew of, a COMMIT on its path. */
export function needsIn(crypto: CryptoProvider, group: Group, loose: ReadonlySet<RecordHash>): Needs {
  const branches = branchesIn(group.logs, loose)
  const operations = needsOfOperations(group, branches)
  const commits = Map.groupBy(
    [...group.logs.values()].flat().filter(({ kind }) => kind === RECORD_KINDS.commit),
    (record) => nameOf(record)?.sid,
  )
  const leadingTo = ({ sid, device }: ForestNode): LoggedRecord[] =>
    (commits.get(sid) ?? []).filter(({ author }) => author === device).sort(byHash)
  const followedBy = (parent: ForestNode, child: ForestNode): LoggedRecord[] => {
    const all = leadingTo(parent)
    if (all.length < 2 || !all.some(({ hash }) => loose.has(hash))) return all
    const before = nameOf(leadingTo(child)[0])?.before
    return all.filter((record) => interimOf(crypto, record) === before)
  }
  const keeping = (records: readonly LoggedRecord[]): Loose[] =>
    records.slice(0, MAX_BODIES).map(({ hash }) => branchOf(branches, hash))
  const below = new Map<StateId, Loose>()
  const nodes = [...group.forest.values()].sort((a, b) => a.epoch - b.epoch)
  for (const node of nodes) {
    const parent = group.forest.get(node.parent ?? "")
    const cited = node.ops.map((hash) => operations.get(hash))
    const ways = parent === undefined ? [] : [below.get(parent.sid), ...keeping(followedBy(parent, node))]
    below.set(node.sid, union([...ways, ...cited]))
  }
  return {
    ofOperation: (hash) => operations.get(hash),
    below: (sid) => below.get(sid),
    upTo: (sid) => {
      const node = group.forest.get(sid)
      return node === undefined ? NOTHING : union([below.get(sid), ...keeping(leadingTo(node))])
    },
  }
}

/** What a COMMIT says first: the state that it leads to, and the transcript that it follows. */
export function nameOf(
  record: LoggedRecord | undefined,
): { readonly sid: StateId; readonly before: string } | undefined {
  if (record === undefined || record.body.length < 96) return undefined
  return { sid: toHex(record.body.subarray(32, 64)), before: toHex(record.body.subarray(64, 96)) }
}

/** Of each loose record, itself and those before it. */
function branchesIn(logs: RecordLogs, loose: ReadonlySet<RecordHash>): ReadonlyMap<RecordHash, Loose> {
  const branches = new Map<RecordHash, Loose>()
  const records = [...logs.values()].flatMap((log) => log.filter(({ hash }) => loose.has(hash)))
  for (const { hash, prev } of records.sort((a, b) => a.seq - b.seq))
    branches.set(hash, union([branchOf(branches, toHex(prev)), new Set([hash])]))
  return branches
}

function branchOf(branches: ReadonlyMap<RecordHash, Loose>, hash: RecordHash): Loose {
  return branches.has(hash) ? branches.get(hash) : NOTHING
}

function needsOfOperations(
  { operations, membership: { pasts } }: Group,
  branches: ReadonlyMap<RecordHash, Loose>,
): ReadonlyMap<RecordHash, Loose> {
  const needs = new Map<RecordHash, Loose>()
  const inOrder = Array.from(operations.values(), (op) => ({ op, depth: depthOf(pasts, op.hash) }))
  for (const { op } of inOrder.sort((a, b) => a.depth - b.depth)) {
    const parents = [...op.deps, op.previous ?? ""].filter((hash) => operations.has(hash))
    needs.set(op.hash, union([...parents.map((hash) => needs.get(hash)), branchOf(branches, op.hash)]))
  }
  return needs
}

/** The largest of them, where it has everything: so that a long path costs little. */
function union(sets: readonly Loose[]): Loose {
  let all: ReadonlySet<RecordHash> = NOTHING
  for (const set of sets) {
    if (set === undefined) return undefined
    const [large, small] = set.size > all.size ? [set, all] : [all, set]
    all = [...small].every((hash) => large.has(hash)) ? large : new Set([...large, ...small])
  }
  return all.size > MAX_NAMED_STRAYS ? undefined : all
}

/** The transcript that follows from this body. */
function interimOf(crypto: CryptoProvider, { body }: LoggedRecord): string | undefined {
  const commit = decodeCommitRecord(body)
  if (commit.kind !== "ok") return undefined
  const interim = interimTranscriptHashAfter(crypto, bytesOf(commit.value.sid), commit.value.mls)
  return interim.kind === "ok" ? toHex(interim.value) : undefined
}

function byHash(a: LoggedRecord, b: LoggedRecord): number {
  return a.hash < b.hash ? -1 : 1
}
