import type { DeviceKey } from "../identity/device-certificate.ts"
import type { Turn } from "../peer/turn.ts"
import { notifyDelivery } from "./delivery.ts"
import { joinSets, missingFrom, type SeqSet } from "./seq-set.ts"

/** Which of its messages the author `device` may know to have been seen here. */
export function receiptsFor(turn: Turn, uuid: string, device: DeviceKey): SeqSet {
  return turn.state.durable.settings.receipts ? (turn.group(uuid).delivery.read.get(device) ?? []) : []
}

/** Takes another device's word of which own messages were seen there; who sends no receipts sees none. */
export function noteReader(turn: Turn, uuid: string, device: DeviceKey, seen: SeqSet): void {
  const { readers } = turn.group(uuid).delivery
  const fresh = missingFrom(seen, readers.get(device) ?? [])
  if (fresh.length === 0 || !turn.state.durable.settings.receipts) return
  const all = joinSets(readers.get(device) ?? [], seen)
  turn.changeDelivery(uuid, { readers: new Map(readers).set(device, all) })
  notifyDelivery(turn, uuid, fresh)
}
