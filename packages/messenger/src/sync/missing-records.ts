import type { Bytes } from "@starling/kernel"
import type { CryptoProvider } from "@starling/mls"

import type { Group } from "../group/group.ts"
import type { DeviceKey } from "../identity/device-certificate.ts"
import type { LoggedRecord } from "../record/record.ts"
import { headOf, type LogHead, type RecordLogs } from "../record/record-log.ts"
import type { SyncRequest } from "./sync-frames.ts"

export interface SelectedRecords {
  readonly recordBytes: readonly Bytes[]
  /** Bytes that are left of the budget. */
  readonly left: number
  /** How many of `records` were looked at; `undefined` where that is all of them. */
  readonly end: number | undefined
}

/**
 * Of `records` those that the asker lacks, as far as they fit. Of a log that forked, and of which it holds something else,
 * what it lacks can stand anywhere: that is given whole, from where the answer before ended.
 */
export function selectRecords(
  crypto: CryptoProvider,
  { logs }: Group,
  records: readonly LoggedRecord[],
  request: SyncRequest,
  budget: number,
): SelectedRecords {
  const heads = new Map([...request.records].map(([device, theirs]) => [device, parting(crypto, logs, device, theirs)]))
  const before = request.after?.records ?? 0
  const recordBytes: Bytes[] = []
  let left = budget
  for (const [i, { author, seq, encoded }] of records.entries()) {
    const held = heads.get(author) ?? 0
    if (held === "forked" ? i < before : seq <= held) continue
    // However large it is, the first one goes: what it kept back would keep back all that stands behind it.
    if (left < encoded.length && recordBytes.length > 0) return { recordBytes, left, end: i }
    left -= encoded.length
    recordBytes.push(encoded)
  }
  return { recordBytes, left: Math.max(0, left), end: undefined }
}

/** Of a device's log the places up to which both hold the same, or that they hold different things up to there. */
function parting(crypto: CryptoProvider, logs: RecordLogs, device: DeviceKey, theirs: LogHead): number | "forked" {
  return isOtherwise(headOf(crypto, logs, device, theirs.length), theirs) ? "forked" : theirs.length
}

export function isOtherwise(ours: LogHead | undefined, theirs: LogHead): boolean {
  return ours?.length === theirs.length && ours.head !== theirs.head
}
