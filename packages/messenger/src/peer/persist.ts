import { toHex } from "@starling/kernel"

import { encodeContact } from "../contacts/contact.ts"
import { encodeGroupRow, encodeSentRow } from "../group/group-row.ts"
import type { Group } from "../group/group.ts"
import { forestWrites } from "../group/state-rows.ts"
import { encodeOwnIdentity } from "../identity/own-identity.ts"
import { encodeHeldInvitation } from "../invitation/held-invitation.ts"
import { encodeIssuedKeyPackage } from "../invitation/issued-key-package.ts"
import { encodeOutboxEntry } from "../invitation/outbox-entry.ts"
import { encodeBox } from "../mailbox/box.ts"
import { encodeGroupDelivery } from "../message/group-delivery.ts"
import { encodeStockedKeyPackage } from "../invitation/stocked-key-package.ts"
import type { Write } from "../ports/store.ts"
import type { LoggedRecord } from "../record/record.ts"
import { isForked } from "../record/record-log.ts"
import { BUCKETS } from "./buckets.ts"
import { DEFAULT_SETTINGS, encodeSettings } from "./settings.ts"
import type { DurableState } from "./state.ts"

/** What the store must learn for `after` to be what it would load. Values that are the same object cost nothing. */
export function writesBetween(before: DurableState | undefined, after: DurableState): Write[] {
  if (before === after) return []
  const writes: Write[] = []
  if (before?.own !== after.own) writes.push(put(BUCKETS.self, "", "identity", encodeOwnIdentity(after.own)))
  const settings = before?.settings ?? DEFAULT_SETTINGS
  if (settings !== after.settings) writes.push(put(BUCKETS.self, "", "settings", encodeSettings(after.settings)))
  writes.push(
    ...changedRows(BUCKETS.contacts, "", before?.contacts, after.contacts, encodeContact),
    ...changedRows(BUCKETS.invitations, "", before?.invitations, after.invitations, encodeHeldInvitation),
    ...changedRows(BUCKETS.keyPackages, "", before?.keyPackages, after.keyPackages, encodeIssuedKeyPackage),
    ...changedRows(BUCKETS.outbox, "", before?.outbox, after.outbox, encodeOutboxEntry),
    ...changedRows(BUCKETS.boxes, "", before?.boxes, after.boxes, encodeBox),
    ...changedRows(BUCKETS.stock, "", before?.stock, after.stock, encodeStockedKeyPackage),
  )
  if (before?.groups !== after.groups)
    for (const [uuid, group] of after.groups)
      for (const write of groupWrites(before?.groups.get(uuid), group)) writes.push(write)
  return writes
}

const DERIVED = [
  "records",
  "logs",
  "operations",
  "membership",
  "testimony",
  "mailboxWords",
  "forest",
  "chosen",
  "live",
  "shown",
  "sent",
  "delivery",
] as const

function groupWrites(before: Group | undefined, after: Group): Write[] {
  if (before === after) return []
  const writes: Write[] = []
  for (const write of recordWrites(before, after)) writes.push(write)
  for (const write of forestWrites(after.uuid, before?.forest, after.forest)) writes.push(write)
  for (const write of sentWrites(after.uuid, before?.sent ?? [], after.sent)) writes.push(write)
  if (before?.delivery !== after.delivery)
    writes.push(put(BUCKETS.deliveries, "", after.uuid, encodeGroupDelivery(after.delivery)))
  const neutral = before === undefined ? undefined : { ...before, ...pick(after, DERIVED) }
  if (neutral === undefined || !sameFields(neutral, after))
    writes.push(put(BUCKETS.groups, "", after.uuid, encodeGroupRow(after)))
  return writes
}

/** The rows of messages that are followed, or no more. */
export function sentWrites(uuid: string, before: Group["sent"], after: Group["sent"]): Write[] {
  if (before === after) return []
  let same = 0
  while (same < before.length && before[same] === after[same]) same++
  const known = new Map(before.slice(same).map((sent) => [sent.id, sent]))
  const writes: Write[] = []
  for (const sent of after.slice(same)) {
    if (known.get(sent.id) !== sent) writes.push(put(BUCKETS.sent, uuid, sent.id, encodeSentRow(sent), sent.at))
    known.delete(sent.id)
  }
  for (const key of known.keys()) writes.push({ kind: "delete", bucket: BUCKETS.sent, partition: uuid, key })
  return writes
}

/** What was added; where something was dropped, the rows from there on are written anew, since each has its number. */
function recordWrites(before: Group | undefined, after: Group): Write[] {
  const known = before?.records ?? []
  const { uuid, records } = after
  const isLonger = known.length === 0 || records[known.length - 1] === known.at(-1)
  const from = isLonger ? known.length : known.findIndex((record, i) => records[i] !== record)
  const writes: Write[] = []
  for (const key of keysFrom(known, from))
    writes.push({ kind: "delete", bucket: BUCKETS.records, partition: uuid, key })
  for (const [i, record] of records.slice(from).entries())
    writes.push(put(BUCKETS.records, uuid, recordKey(after, record), record.encoded, from + i + 1))
  return writes
}

/** Every key that a row of these records may have: the first one for a place may have been written before there was another. */
function keysFrom(records: Group["records"], from: number): string[] {
  if (from === records.length) return []
  const places = new Set(records.slice(0, from).map(({ author, seq }) => `${author}:${seq}`))
  return records.slice(from).flatMap(({ author, seq, hash }) => {
    const place = `${author}:${seq}`
    const isFirst = !places.has(place)
    places.add(place)
    return isFirst ? [place, `${place}:${hash}`] : [`${place}:${hash}`]
  })
}

/** Of a device that signed two records for one place, each has a row of its own. */
function recordKey({ logs }: Group, { author, seq, hash }: LoggedRecord): string {
  return isForked(logs.get(author) ?? []) ? `${author}:${seq}:${hash}` : `${author}:${seq}`
}

function changedRows<T>(
  bucket: string,
  partition: string,
  before: ReadonlyMap<string, T> | undefined,
  after: ReadonlyMap<string, T>,
  encode: (value: T) => Uint8Array,
): Write[] {
  if (before === after) return []
  const writes: Write[] = []
  for (const [key, value] of after)
    if (before?.get(key) !== value) writes.push(put(bucket, partition, key, encode(value)))
  for (const key of before?.keys() ?? []) if (!after.has(key)) writes.push({ kind: "delete", bucket, partition, key })
  return writes
}

function put(bucket: string, partition: string, key: string, value: Uint8Array, ordinal = 0): Write {
  return { kind: "put", bucket, partition, key, ordinal, value }
}

function pick<T>(from: T, keys: readonly (keyof T)[]): Partial<T> {
  const picked: Partial<T> = {}
  for (const key of keys) picked[key] = from[key]
  return picked
}

function sameFields<T extends object>(one: T, other: T): boolean {
  for (const key in other) if (one[key] !== other[key]) return false
  return true
}

/** The key of an issued KeyPackage. */
export function keyPackageKey(reference: Uint8Array): string {
  return toHex(reference)
}
