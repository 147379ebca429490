import { toHex, type Bytes } from "@starling/kernel"
import { encode } from "@starling/wire"

import { readTime } from "../identity/device-certificate.ts"
import { MAX_TEXT } from "../limits.ts"
import type { Store } from "../ports/store.ts"
import { bytesOf } from "../record/operation.ts"
import { decodeOwnRow } from "../versioned.ts"
import type { ShownMessage } from "./shown-message.ts"

/** Bucket of shown messages: partition = group, key = message id, ordinal = order of arrival. */
export const HISTORY = "history"

export interface HistoryRow {
  readonly message: ShownMessage
  /** Order of arrival in the group, from 1. */
  readonly ordinal: number
}

const VERSION = 1

export function encodeHistoryRow({ message, ordinal }: HistoryRow): Bytes {
  return encode((writer) =>
    writer
      .uint16(VERSION)
      .fixed(bytesOf(message.id))
      .text(message.group)
      .text(message.from)
      .text(message.text)
      .uint64(BigInt(message.at))
      .uint64(BigInt(message.epoch))
      .uint8(message.mine ? 1 : 0)
      .uint64(BigInt(ordinal)),
  )
}

export function decodeHistoryRow(bytes: Uint8Array): HistoryRow {
  return decodeOwnRow("message", bytes, VERSION, (reader) => ({
    message: {
      id: toHex(reader.fixed(16)),
      group: reader.text(64),
      from: reader.text(64),
      text: reader.text(MAX_TEXT),
      at: readTime(reader),
      epoch: readTime(reader),
      mine: reader.uint8() === 1,
    },
    ordinal: readTime(reader),
  }))
}

export interface HistoryRange {
  readonly since?: string
  readonly before?: string
  readonly limit: number
}

/**
 * Shown messages of a group, oldest first. Behind `since` it gives the next `limit`, else the last `limit` (before
 * `before`). An id that the group does not hold gives nothing.
 */
export function readHistory(
  reader: Pick<Store, "get" | "list">,
  group: string,
  range: HistoryRange,
): readonly ShownMessage[] {
  const after = range.since === undefined ? 0 : ordinalOf(reader, group, range.since)
  const before = range.before === undefined ? Number.MAX_SAFE_INTEGER : ordinalOf(reader, group, range.before)
  if (after === undefined || before === undefined) return []
  const newestFirst = range.since === undefined
  const rows = reader.list(HISTORY, group, { after, before, limit: range.limit, newestFirst })
  const messages = rows.map((row) => decodeHistoryRow(row.value).message)
  return newestFirst ? messages.toReversed() : messages
}

/** Whether this message of the group is shown here; the others may still come. */
export function holdsMessage(reader: Pick<Store, "get">, group: string, id: string): boolean {
  return reader.get(HISTORY, group, id) !== undefined
}

export function readShown(reader: Pick<Store, "get">, group: string, id: string): ShownMessage | undefined {
  const row = reader.get(HISTORY, group, id)
  return row === undefined ? undefined : decodeHistoryRow(row).message
}

function ordinalOf(reader: Pick<Store, "get">, group: string, id: string): number | undefined {
  const row = reader.get(HISTORY, group, id)
  return row === undefined ? undefined : decodeHistoryRow(row).ordinal
}
