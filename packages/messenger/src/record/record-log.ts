import { equalBytes, toHex } from "@starling/kernel"
import type { CryptoProvider } from "@starling/mls"

import type { DeviceKey } from "../identity/device-certificate.ts"
import { FIRST_PREV, verifyRecord, type LoggedRecord } from "./record.ts"

/** Every device's records of one group, from its first without gaps. */
export type RecordLogs = ReadonlyMap<DeviceKey, readonly LoggedRecord[]>

/** How many records of each device are held: what two members compare. */
export type RecordVector = ReadonlyMap<DeviceKey, number>

/**
 * - `next`: the record continues its device's log.
 * - `known`: it is in the log already.
 * - `gap`: records of its device before it are missing.
 * - `conflict`: its device signed another record for this place, or for the place before.
 * - `forged`: the device did not sign it.
 */
export type LogVerdict = "next" | "known" | "gap" | "conflict" | "forged"

/** Whether `record`, by a device that the group knows, continues that device's log. */
export function judgeRecord(crypto: CryptoProvider, logs: RecordLogs, record: LoggedRecord): LogVerdict {
  const log = logs.get(record.author) ?? []
  const held = log[record.seq - 1]
  if (held !== undefined) return held.hash === record.hash ? "known" : "conflict"
  if (!verifyRecord(crypto, record)) return "forged"
  if (record.seq !== log.length + 1) return "gap"
  const last = log.at(-1)
  const prev = last === undefined ? toHex(FIRST_PREV) : last.hash
  return toHex(record.prev) === prev ? "next" : "conflict"
}

export function appendRecord(logs: RecordLogs, record: LoggedRecord): RecordLogs {
  return new Map(logs).set(record.author, [...(logs.get(record.author) ?? []), record])
}

export function recordVector(logs: RecordLogs): RecordVector {
  return new Map(Array.from(logs, ([device, log]) => [device, log.length]))
}

/** True where `records` belongs to the group with this id: a record signed for one group says nothing in another. */
export function isOfGroup(record: LoggedRecord, group: Uint8Array): boolean {
  return equalBytes(record.group, group)
}
