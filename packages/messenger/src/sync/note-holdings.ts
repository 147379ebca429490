import { deliveryCount } from "../message/delivery.ts"
import { missingFrom, type SeqSet } from "../message/seq-set.ts"
import type { DeviceKey } from "../identity/device-certificate.ts"
import { goOut } from "../group/settle.ts"
import type { Turn } from "../peer/turn.ts"
import type { Holdings } from "./sync-frames.ts"

/** What another member's vectors say of this device's own: which messages arrived, and that it was seen to leave. */
export function noteHoldings(turn: Turn, uuid: string, device: DeviceKey, holdings: Holdings): void {
  const group = turn.group(uuid)
  if (!group.seen.has(device)) turn.changeGroup(uuid, { seen: new Set(group.seen).add(device) })
  noteAcks(turn, uuid, device, holdings.messages.get(turn.own.device) ?? [])
  const ownRecords = group.logs.get(turn.own.device)?.length ?? 0
  if (group.phase === "leaving" && (holdings.records.get(turn.own.device) ?? 0) >= ownRecords) goOut(turn, uuid, "left")
}

function noteAcks(turn: Turn, uuid: string, device: DeviceKey, held: SeqSet): void {
  const group = turn.group(uuid)
  const fresh = missingFrom(held, group.acks.get(device) ?? [])
  if (fresh.length === 0) return
  const next = turn.changeGroup(uuid, { acks: new Map(group.acks).set(device, held) })
  for (const sent of next.sent) {
    if (!sent.copies.some(({ seq }) => fresh.some(({ from, to }) => from <= seq && seq <= to))) continue
    const delivery = deliveryCount(next, sent.id, turn.own.device)
    if (delivery !== undefined) turn.notify({ kind: "delivery", group: uuid, id: sent.id, delivery })
  }
}
