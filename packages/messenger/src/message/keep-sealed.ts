import type { Milliseconds } from "@starling/kernel"

import { partnersOf } from "../sync/partners.ts"
import type { DeviceKey } from "../identity/device-certificate.ts"
import { KEEP_MOST, MAX_KEPT_PER_DEVICE, MAX_KEPT_PER_GROUP, PRUNE_AT_ONCE } from "../limits.ts"
import { BUCKETS } from "../peer/buckets.ts"
import type { Turn } from "../peer/turn.ts"
import type { Row, Store } from "../ports/store.ts"
import { decodeSealedMessage, encodeSealedMessage, type SealedMessage } from "./sealed-message.ts"
import { hasSeq } from "./seq-set.ts"

/** Version 0.1 ordered these rows by the author's number; none is as large as a time. */
const FIRST_TIME: Milliseconds = 1_000_000_000_000

/** Members keep each other's ciphertexts, for those who were away: as long as there is room for this author's. */
export function keepSealed(turn: Turn, uuid: string, message: SealedMessage): void {
  const value = encodeSealedMessage(message)
  const { delivery } = turn.group(uuid)
  const ofAuthor = delivery.keptBytes.get(message.device) ?? 0
  if (
    ofAuthor + value.length > MAX_KEPT_PER_DEVICE ||
    keptInAll(delivery.keptBytes) + value.length > MAX_KEPT_PER_GROUP
  )
    return
  putRow(turn, uuid, keyOf(message), value)
  countKept(turn, uuid, message.device, value.length)
}

export function readSealed(
  reader: Pick<Store, "get">,
  uuid: string,
  device: DeviceKey,
  seq: number,
): SealedMessage | undefined {
  const bytes = reader.get(BUCKETS.messages, uuid, keyOf({ device, seq }))
  const message = bytes === undefined ? undefined : decodeSealedMessage(bytes)
  return message?.kind === "ok" ? message.value : undefined
}

/**
 * Lets go of ciphertexts that were kept for as long as this person wants. Own ones stay until the others have them, for
 * two weeks at most. Those of version 0.1, which did not note the time, are kept from now on.
 */
export function pruneKept(turn: Turn, uuid: string): void {
  const { keepFor } = turn.state.durable.settings
  const after = turn.work(uuid).prunedTo
  const rows = turn.env.rows.list(BUCKETS.messages, uuid, { after, before: turn.now - keepFor, limit: PRUNE_AT_ONCE })
  const prunedTo = rows.length < PRUNE_AT_ONCE ? -1 : (rows.at(-1)?.ordinal ?? 0) - 1
  if (prunedTo !== after) turn.changeWork(uuid, { prunedTo })
  for (const row of rows) {
    const message = decodeSealedMessage(row.value)
    if (message.kind === "ok" && row.ordinal < FIRST_TIME) {
      putRow(turn, uuid, row.key, row.value)
      countKept(turn, uuid, message.value.device, row.value.length)
    } else if (message.kind !== "ok" || !isOwed(turn, uuid, message.value, row)) {
      turn.writes.push({ kind: "delete", bucket: BUCKETS.messages, partition: uuid, key: row.key })
      if (message.kind === "ok") countKept(turn, uuid, message.value.device, -row.value.length)
    }
  }
}

/** An own message that a member is not known to have. */
function isOwed(turn: Turn, uuid: string, { device, seq }: SealedMessage, { ordinal }: Row): boolean {
  if (device !== turn.own.device || ordinal < turn.now - KEEP_MOST) return false
  const group = turn.group(uuid)
  const partners = [...partnersOf(group, turn.own.peerId).values()]
  return partners.some((partner) => !hasSeq(group.acks.get(partner.device) ?? [], seq))
}

function putRow(turn: Turn, uuid: string, key: string, value: Uint8Array): void {
  turn.writes.push({ kind: "put", bucket: BUCKETS.messages, partition: uuid, key, ordinal: turn.now, value })
}

function countKept(turn: Turn, uuid: string, device: DeviceKey, bytes: number): void {
  const { delivery } = turn.group(uuid)
  const left = Math.max(0, (delivery.keptBytes.get(device) ?? 0) + bytes)
  turn.changeDelivery(uuid, { keptBytes: new Map(delivery.keptBytes).set(device, left) })
}

function keptInAll(keptBytes: ReadonlyMap<DeviceKey, number>): number {
  let all = 0
  for (const bytes of keptBytes.values()) all += bytes
  return all
}

function keyOf({ device, seq }: Pick<SealedMessage, "device" | "seq">): string {
  return `${device}:${seq}`
}
