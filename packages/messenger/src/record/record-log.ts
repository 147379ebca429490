import { equalBytes, toHex } from "@starling/kernel"
import type { CryptoProvider } from "@starling/mls"

import type { DeviceKey } from "../identity/device-certificate.ts"
import { MAX_OPERATIONS, MAX_UNKNOWN_BODY, MAX_UNKNOWN_RECORDS } from "../limits.ts"
import { FIRST_PREV, RECORD_KINDS, verifyRecord, type LoggedRecord, type RecordHash } from "./record.ts"

/** Every device's records of one group, from its first without gaps. */
export type RecordLogs = ReadonlyMap<DeviceKey, readonly LoggedRecord[]>

/** How much of each device's log is held: what two members compare. */
export type RecordVector = ReadonlyMap<DeviceKey, LogHead>
export interface LogHead {
  /** Records from the first on. */
  readonly length: number
  /** The last of them: only who has it can name it. */
  readonly head: RecordHash
}

/**
 * - `next`: the record continues its device's log.
 * - `known`: it is in the log already.
 * - `gap`: records of its device before it are missing.
 * - `conflict`: its device signed another record for this place, or for the place before.
 * - `forged`: the device did not sign it.
 * - `full`: the log ends before it, at every member.
 */
export type LogVerdict = "next" | "known" | "gap" | "conflict" | "forged" | "full"

/** Whether `record`, by a device that the group knows, continues that device's log. */
export function judgeRecord(crypto: CryptoProvider, logs: RecordLogs, record: LoggedRecord): LogVerdict {
  const log = logs.get(record.author) ?? []
  const held = log[record.seq - 1]
  if (held !== undefined) return held.hash === record.hash ? "known" : "conflict"
  if (!verifyRecord(crypto, record)) return "forged"
  if (record.seq !== log.length + 1) return "gap"
  const last = log.at(-1)
  const prev = last === undefined ? toHex(FIRST_PREV) : last.hash
  if (toHex(record.prev) !== prev) return "conflict"
  return isWithinBounds(log, record) ? "next" : "full"
}

/** How many operations a log holds. */
export function countOperations(log: readonly LoggedRecord[]): number {
  return log.filter(({ kind }) => kind === RECORD_KINDS.operation).length
}

/**
 * Whether a log may go on with `record`. A question of the log alone, so that all members answer it alike: what one took and
 * another refused would part them for good.
 */
function isWithinBounds(log: readonly LoggedRecord[], { kind, body }: LoggedRecord): boolean {
  switch (kind) {
    case RECORD_KINDS.commit:
      return true
    case RECORD_KINDS.operation:
      return log.length < MAX_OPERATIONS || countOperations(log) < MAX_OPERATIONS
    default: {
      if (body.length > MAX_UNKNOWN_BODY) return false
      return log.length < MAX_UNKNOWN_RECORDS || log.filter(isUnknown).length < MAX_UNKNOWN_RECORDS
    }
  }
}

function isUnknown({ kind }: LoggedRecord): boolean {
  return kind !== RECORD_KINDS.operation && kind !== RECORD_KINDS.commit
}

export function appendRecord(logs: RecordLogs, record: LoggedRecord): RecordLogs {
  return new Map(logs).set(record.author, [...(logs.get(record.author) ?? []), record])
}

export function recordVector(logs: RecordLogs): RecordVector {
  return new Map(
    Array.from(logs.keys()).flatMap((device): [DeviceKey, LogHead][] => {
      const head = headOf(logs, device)
      return head === undefined ? [] : [[device, head]]
    }),
  )
}

/** The end of a device's log, or of its first `length` records; `undefined` where nothing of it is held. */
export function headOf(logs: RecordLogs, device: DeviceKey, length?: number): LogHead | undefined {
  const log = logs.get(device) ?? []
  const last = log[Math.min(length ?? log.length, log.length) - 1]
  return last === undefined ? undefined : { length: last.seq, head: last.hash }
}

/** True where `records` belongs to the group with this id: a record signed for one group says nothing in another. */
export function isOfGroup(record: LoggedRecord, group: Uint8Array): boolean {
  return equalBytes(record.group, group)
}
