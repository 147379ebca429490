import type { DeviceKey } from "../identity/device-certificate.ts"
import { MAX_HELD_RANGES } from "../limits.ts"
import type { Turn } from "../peer/turn.ts"
import { notifyDelivery } from "./delivery.ts"
import { joinSets, missingFrom, newestRanges, sharedBy, type SeqSet } from "./seq-set.ts"

/** Which of its messages the author `device` may know to have been seen here. */
export function receiptsFor(turn: Turn, uuid: string, device: DeviceKey): SeqSet {
  return turn.state.durable.settings.receipts ? (turn.group(uuid).delivery.read.get(device) ?? []) : []
}

/** Takes another device's word of which own messages were seen there; who sends no receipts sees none. */
export function noteReader(turn: Turn, uuid: string, device: DeviceKey, seen: SeqSet): void {
  const { held, delivery } = turn.group(uuid)
  const { readers } = delivery
  const fresh = missingFrom(sharedBy(seen, held.get(turn.own.device) ?? []), readers.get(device) ?? [])
  if (fresh.length === 0 || !turn.state.durable.settings.receipts) return
  const all = newestRanges(joinSets(readers.get(device) ?? [], fresh), MAX_HELD_RANGES)
  turn.changeDelivery(uuid, { readers: new Map(readers).set(device, all) })
  notifyDelivery(turn, uuid, fresh)
}
