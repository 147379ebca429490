import { deliveryCount } from "../message/delivery.ts"
import { missingFrom, type SeqSet } from "../message/seq-set.ts"
import type { DeviceKey } from "../identity/device-certificate.ts"
import { noteForgottenMessages } from "../group/restored.ts"
import { goOut } from "../group/settle.ts"
import type { Turn } from "../peer/turn.ts"
import { headOf } from "../record/record-log.ts"
import { connectedPartners, partnersOf } from "./partners.ts"
import type { Holdings } from "./sync-frames.ts"

/** What another member's vectors say of this device's own: which messages arrived, and that it was seen to leave. */
export function noteHoldings(turn: Turn, uuid: string, device: DeviceKey, holdings: Holdings): void {
  const group = turn.group(uuid)
  if (!group.seen.has(device)) turn.changeGroup(uuid, { seen: new Set(group.seen).add(device) })
  noteForgottenMessages(turn, uuid, holdings.messages.get(turn.own.device) ?? [])
  noteAcks(turn, uuid, device, holdings.messages.get(turn.own.device) ?? [])
  if (group.phase === "leaving") noteWitness(turn, uuid, device, holdings)
}

/**
 * A device that leaves deletes its keys when every connected member has shown that it holds the record which says so, by
 * naming it: one of them alone may keep it from the others.
 */
function noteWitness(turn: Turn, uuid: string, device: DeviceKey, holdings: Holdings): void {
  const group = turn.group(uuid)
  const own = headOf(turn.crypto, group.logs, turn.own.device)
  if (own === undefined || holdings.records.get(turn.own.device)?.head !== own.head) return
  const witnesses = new Set(turn.work(uuid).witnesses).add(device)
  turn.changeWork(uuid, { witnesses })
  const partners = partnersOf(group, turn.own.peerId)
  const connected = connectedPartners(turn, group).map((peerId) => partners.get(peerId)?.device)
  if (connected.every((each) => each !== undefined && witnesses.has(each))) goOut(turn, uuid, "left")
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
