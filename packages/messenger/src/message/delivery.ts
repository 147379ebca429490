import type { Group, SentMessage } from "../group/group.ts"
import { devicesOf } from "../group/roster.ts"
import type { DeviceKey } from "../identity/device-certificate.ts"
import type { PeerState } from "../peer/state.ts"
import type { DeliveryCount } from "../peer/step.ts"
import type { Turn } from "../peer/turn.ts"
import type { MessageId } from "./content.ts"
import { hasSeq, type MessageVector, type SeqSet } from "./seq-set.ts"

/** How far an own message is known to have come; `undefined` for one that is no longer followed. */
export function deliveryCount({ durable }: PeerState, group: Group, id: MessageId): DeliveryCount | undefined {
  const sent = group.sent.findLast((each) => each.id === id)
  if (sent === undefined) return undefined
  const recipients = [...recipientsOf(group, sent, durable.own.device)]
  const { inMailboxes } = group.delivery
  return {
    reached: sent.reached,
    delivered: recipients.filter((device) => holdsCopy(group.acks, device, sent)).length,
    recipients: recipients.length,
    read: durable.settings.receipts ? recipients.filter((device) => isRead(group, device, sent)).length : 0,
    mailboxes: [...inMailboxes.values()].filter((kept) => sent.copies.some(({ seq }) => kept.has(seq))).length,
  }
}

/** The other devices that were in a state that the message was sent in. */
export function recipientsOf(group: Group, { copies }: SentMessage, own: DeviceKey): Set<DeviceKey> {
  const recipients = new Set<DeviceKey>()
  for (const { sid } of copies)
    for (const { device } of devicesOf(group.forest.get(sid)?.roster ?? [])) recipients.add(device)
  recipients.delete(own)
  return recipients
}

export function holdsCopy(vector: MessageVector, device: DeviceKey, { copies }: SentMessage): boolean {
  const held = vector.get(device) ?? []
  return copies.some(({ seq }) => hasSeq(held, seq))
}

/** A number that was seen there, and that is known to be this message. */
function isRead({ acks, delivery }: Group, device: DeviceKey, { copies }: SentMessage): boolean {
  const seen = delivery.readers.get(device) ?? []
  return copies.some(({ seq }) => hasSeq(seen, seq) && hasSeq(acks.get(device) ?? [], seq))
}

/** Tells of the own messages of which a copy is among `seqs` how far they have come by now. */
export function notifyDelivery(turn: Turn, uuid: string, seqs: SeqSet): void {
  const group = turn.group(uuid)
  for (const { id, copies } of group.sent) {
    if (!copies.some(({ seq }) => hasSeq(seqs, seq))) continue
    const delivery = deliveryCount(turn.state, group, id)
    if (delivery !== undefined) turn.notify({ kind: "delivery", group: uuid, id, delivery })
  }
}
