import { concat, equalBytes, toHex } from "@starling/kernel"
import type { CryptoProvider } from "@starling/mls"

import type { DeviceKey } from "../identity/device-certificate.ts"
import {
  MAX_BODY,
  MAX_COMMITS,
  MAX_LOG_BYTES,
  MAX_OPERATIONS,
  MAX_OTHER_RECORDS,
  MAX_STRAY,
  MAX_STRAY_OPERATIONS,
  MAX_STRAYS,
  OPERATIONS_TO_LEAVE,
} from "../limits.ts"
import { bytesOf } from "./operation.ts"
import { FIRST_PREV, RECORD_KINDS, verifyRecord, type LoggedRecord, type RecordHash } from "./record.ts"

/** Every device's records of one group, each after the one that it continues. */
export type RecordLogs = ReadonlyMap<DeviceKey, RecordLog>

/**
 * Of an honest device, one record for each place from the first on. Of one that signed two records for one place, the tree of
 * them, as far as `straysIn` lets it grow: the same set at every member in the end.
 */
export type RecordLog = readonly LoggedRecord[]

/** How much of each device's log is held: what two members compare. */
export type RecordVector = ReadonlyMap<DeviceKey, LogHead>
export interface LogHead {
  /** The last place for which a record is held. */
  readonly length: number
  /** The record there; of a log that forked, the hash of all its hashes in order. Only who has them can name it. */
  readonly head: RecordHash
}

/**
 * - `next`: the record continues one that is held.
 * - `known`: it is in the log already.
 * - `gap`: the record that it continues is missing.
 * - `forged`: the device did not sign it.
 * - `full`: the log ends before it, at every member.
 */
export type LogVerdict = "next" | "known" | "gap" | "forged" | "full"

/**
 * Whether `record`, by a device that the group knows, continues something in that device's log, whose bounds are halved
 * `halvings` times.
 */
export function judgeRecord(crypto: CryptoProvider, logs: RecordLogs, record: LoggedRecord, halvings = 0): LogVerdict {
  const log = logs.get(record.author) ?? []
  if (heldAt(log, record.seq).some(({ hash }) => hash === record.hash)) return "known"
  if (!verifyRecord(crypto, record)) return "forged"
  if (record.seq === 1 ? !equalBytes(record.prev, FIRST_PREV) : precursorOf(log, record) === undefined) return "gap"
  return isWithinBounds(tallyOf(branchTo(log, record)), record, 2 ** -halvings) ? "next" : "full"
}

/** The record that `record` continues, where it is held. */
export function precursorOf(log: RecordLog, record: LoggedRecord): LoggedRecord | undefined {
  const prev = toHex(record.prev)
  return heldAt(log, record.seq - 1).find(({ hash }) => hash === prev)
}

/** What comes before `record` in its own branch. */
function branchTo(log: RecordLog, record: LoggedRecord): RecordLog {
  if (!isForked(log)) return record.seq === log.length + 1 ? log : log.slice(0, record.seq - 1)
  return branchIn(indexOf(log), record).slice(1)
}

/** From `record` down to the first one. */
function branchIn(index: ReadonlyMap<RecordHash, LoggedRecord>, record: LoggedRecord): LoggedRecord[] {
  const branch = [record]
  let at = index.get(toHex(record.prev))
  for (; at !== undefined; at = index.get(toHex(at.prev))) branch.push(at)
  return branch
}

function indexOf(log: RecordLog): ReadonlyMap<RecordHash, LoggedRecord> {
  return new Map(log.map((record) => [record.hash, record]))
}

/**
 * What of a log is too much unless somebody else names it, by the set of its records alone: so those who exchange what they keep
 * come to keep the same, in whatever order it came. Never too much are the longest branch, the least record beside that branch at
 * the first place that has two, and of the rest the first `MAX_STRAYS` by place, then hash, so many operations among them. So a
 * log that was seen to fork is one that forked for good, at every member.
 */
export function looseIn(log: RecordLog): ReadonlySet<RecordHash> {
  const end = endOf(log)
  if (end === undefined || !mayHaveStrays(log)) return NONE
  const kept = new Set(trunkOf(log).map(({ hash }) => hash))
  const ordered = log.toSorted(byPlace)
  const fork = ordered.find(({ seq }, i) => seq === ordered[i + 1]?.seq)?.seq
  const shown = ordered.find(({ seq, hash }) => seq === fork && !kept.has(hash))
  if (shown !== undefined) kept.add(shown.hash)
  let [room, operations] = [MAX_STRAYS, MAX_STRAY_OPERATIONS]
  for (const { seq, hash, prev, kind, encoded } of ordered) {
    const follows = seq === 1 || kept.has(toHex(prev))
    if (room === 0 || kept.has(hash) || !follows || encoded.length > MAX_STRAY) continue
    if (kind === RECORD_KINDS.operation && operations-- <= 0) continue
    kept.add(hash)
    room--
  }
  return new Set(log.flatMap(({ hash }) => (kept.has(hash) ? [] : [hash])))
}

const NONE: ReadonlySet<RecordHash> = new Set()

/** The longest branch, which its device itself goes on with. */
export function trunkOf(log: RecordLog): RecordLog {
  const end = endOf(log)
  return end === undefined || !isForked(log) ? log : branchIn(indexOf(log), end).toReversed()
}

function mayHaveStrays(log: RecordLog): boolean {
  if (!isForked(log)) return false
  const beside = log.length - lengthOf(log)
  return beside > MAX_STRAY_OPERATIONS || log.some(({ encoded }) => encoded.length > MAX_STRAY)
}

function byPlace(a: LoggedRecord, b: LoggedRecord): number {
  return a.seq - b.seq || (a.hash < b.hash ? -1 : 1)
}

/** True where the device signed two records for one place. */
export function isForked(log: RecordLog): boolean {
  return log.length > 0 && log.at(-1)?.seq !== log.length
}

/** The record that the device itself goes on from. */
export function endOf(log: RecordLog): LoggedRecord | undefined {
  if (!isForked(log)) return log.at(-1)
  const last = heldAt(log, lengthOf(log))
  return last.toSorted((a, b) => (a.hash < b.hash ? -1 : 1))[0]
}

/** What a device may still say in its log, with some of it kept back for what matters more. */
export interface LogRoom {
  /** Operations that its person asks for. What is kept back is for leaving. */
  readonly operations: number
  /** Operations that it makes unasked. */
  readonly unasked: number
  readonly canTestify: boolean
  readonly canCommit: boolean
  /** Commits that it has room for, by what those before it took. */
  readonly commits: number
  /** Three quarters of something are used up. */
  readonly isScarce: boolean
}

export function roomIn(log: RecordLog, halvings: number): LogRoom {
  const share = 2 ** -halvings
  const { operations, commits, others, bytes } = tallyOf(log)
  const [commitsLeft, bytesLeft] = [MAX_COMMITS * share - commits, (MAX_LOG_BYTES * share) / 2 - bytes]
  const toLeave = Math.min(OPERATIONS_TO_LEAVE, (MAX_OPERATIONS * share) / 4)
  return {
    operations: MAX_OPERATIONS * share - toLeave - operations,
    unasked: (MAX_OPERATIONS * share) / 2 - operations,
    canTestify: others < (MAX_OTHER_RECORDS * share) / 2,
    canCommit: commitsLeft > 0 && bytesLeft > 0,
    commits: Math.max(0, Math.min(commitsLeft, Math.ceil(bytesLeft / sizeOfCommit(log)))),
    isScarce:
      Math.max(operations / MAX_OPERATIONS, commits / MAX_COMMITS, (2 * bytes) / MAX_LOG_BYTES) > SCARCE * share,
  }
}

/** What part of a log is used up when its person is told. */
const SCARCE = 0.75

/** What there is of a branch. */
interface Tally {
  readonly operations: number
  readonly commits: number
  readonly others: number
  readonly bytes: number
}

const EMPTY: Tally = { operations: 0, commits: 0, others: 0, bytes: 0 }

function tallyOf(log: RecordLog, before = EMPTY): Tally {
  let { operations, commits, others, bytes } = before
  for (const { kind, encoded } of log) {
    bytes += encoded.length
    if (kind === RECORD_KINDS.operation) operations++
    else if (kind === RECORD_KINDS.commit) commits++
    else others++
  }
  return { operations, commits, others, bytes }
}

/**
 * Whether a branch may go on with `record`. A question of the branch alone, so that all members answer it alike: what one took and
 * another refused would part them for good.
 */
function isWithinBounds(branch: Tally, { kind, body, encoded }: LoggedRecord, share: number): boolean {
  if (kind !== RECORD_KINDS.commit && body.length > MAX_BODY) return false
  switch (kind) {
    case RECORD_KINDS.commit:
      return branch.commits < MAX_COMMITS * share && branch.bytes + encoded.length <= MAX_LOG_BYTES * share
    case RECORD_KINDS.operation:
      return branch.operations < MAX_OPERATIONS * share
    default:
      return branch.others < MAX_OTHER_RECORDS * share
  }
}

/** The records with which branches of a log go beyond its bounds, and all that follows them: `judgeRecord` takes none of these. */
export function beyondBounds(log: RecordLog, halvings: number): ReadonlySet<RecordHash> {
  const share = 2 ** -halvings
  const branches = new Map<RecordHash, Tally>()
  for (const record of log) {
    const branch = record.seq === 1 ? EMPTY : branches.get(toHex(record.prev))
    if (branch !== undefined && isWithinBounds(branch, record, share))
      branches.set(record.hash, tallyOf([record], branch))
  }
  return new Set(log.flatMap(({ hash }) => (branches.has(hash) ? [] : [hash])))
}

/** By the least of the last few: the first one in a group whose tree is still bare is many times as large as those after it. */
function sizeOfCommit(log: RecordLog): number {
  const sizes = log.flatMap(({ kind, encoded }) => (kind === RECORD_KINDS.commit ? [encoded.length] : [])).slice(-4)
  return sizes.length < 2 ? 1 : Math.min(...sizes)
}

export function appendRecord(logs: RecordLogs, record: LoggedRecord): RecordLogs {
  return new Map(logs).set(record.author, [...(logs.get(record.author) ?? []), record])
}

export function recordVector(crypto: CryptoProvider, logs: RecordLogs): RecordVector {
  return new Map(
    Array.from(logs.keys()).flatMap((device): [DeviceKey, LogHead][] => {
      const head = headOf(crypto, logs, device)
      return head === undefined ? [] : [[device, head]]
    }),
  )
}

/** The end of a device's log, or of its first `length` places; `undefined` where nothing of it is held. */
export function headOf(
  crypto: CryptoProvider,
  logs: RecordLogs,
  device: DeviceKey,
  length = Number.MAX_SAFE_INTEGER,
): LogHead | undefined {
  const log = logs.get(device) ?? []
  const part = isForked(log) ? log.filter(({ seq }) => seq <= length) : log.slice(0, length)
  const last = part.at(-1)
  if (last === undefined) return undefined
  if (last.seq === part.length) return { length: last.seq, head: last.hash }
  const hashes = part.map(({ hash }) => hash).sort()
  return { length: lengthOf(part), head: toHex(crypto.hash(concat(...hashes.map(bytesOf)))) }
}

/** The last place for which there is a record. */
function lengthOf(log: RecordLog): number {
  return isForked(log) ? log.reduce((most, { seq }) => Math.max(most, seq), 0) : log.length
}

function heldAt(log: RecordLog, seq: number): RecordLog {
  if (isForked(log)) return log.filter((record) => record.seq === seq)
  const held = log[seq - 1]
  return held === undefined ? [] : [held]
}

/** True where `records` belongs to the group with this id: a record signed for one group says nothing in another. */
export function isOfGroup(record: LoggedRecord, group: Uint8Array): boolean {
  return equalBytes(record.group, group)
}
