import type { Milliseconds } from "@starling/kernel"

import type { Group } from "../group/group.ts"
import type { GroupWork } from "../group/group-work.ts"
import type { DeviceKey } from "../identity/device-certificate.ts"
import { DAY, ROOM_AGAIN, TAKEN_BYTES, TAKEN_MESSAGES } from "../limits.ts"
import type { Turn } from "../peer/turn.ts"

/** What one device has used up, by `at`, of what this one enters into the history of a group for it; in parts of one, too. */
export interface TakenOfDevice {
  readonly messages: number
  readonly bytes: number
  readonly at: Milliseconds
}

/**
 * Whether there is room in the history for a message of so many bytes that is said to be the device's. It is asked before the key to the
 * message is used up, so that what finds no room can come later. While a device is held back nothing of it is taken, so that the oldest
 * comes first: of a message far ahead the keys in between would be kept, and there is room for a thousand of them.
 */
export function hasRoomFor(turn: Turn, uuid: string, device: DeviceKey, bytes: number): boolean {
  return !turn.work(uuid).heldBack.has(device) && fits(turn.group(uuid), device, { messages: 1, bytes }, turn.now)
}

/** A message is entered, and verified to be the device's: it is charged to nobody else, by whatever way it came. */
export function chargeHistory(turn: Turn, uuid: string, device: DeviceKey, bytes: number): void {
  const group = turn.group(uuid)
  const before = takenOf(group, device, turn.now)
  const after = { messages: before.messages + 1, bytes: before.bytes + bytes, at: turn.now }
  turn.changeDelivery(uuid, { taken: new Map(group.delivery.taken).set(device, after) })
}

/** There is no room for what the device writes: nobody is asked for more of it until there is again. */
export function holdBack(turn: Turn, uuid: string, device: DeviceKey): void {
  const { heldBack } = turn.work(uuid)
  if (heldBack.has(device)) return
  turn.changeWork(uuid, { heldBack: new Set(heldBack).add(device) })
  turn.notify({ kind: "group", group: uuid })
}

/** Devices of which there is more to come than there is room for. */
export function heldBackNow(group: Group, { heldBack }: Pick<GroupWork, "heldBack">, now: Milliseconds): DeviceKey[] {
  return [...heldBack].filter((device) => !fits(group, device, ROOM_AGAIN, now))
}

/** Those of which there is room for a good many again are asked for. */
export function askForHeldBack(turn: Turn, uuid: string): readonly DeviceKey[] {
  const { heldBack } = turn.work(uuid)
  if (heldBack.size === 0) return []
  const still = heldBackNow(turn.group(uuid), { heldBack }, turn.now)
  if (still.length < heldBack.size) turn.changeWork(uuid, { heldBack: new Set(still) })
  return still
}

function fits(
  group: Group,
  device: DeviceKey,
  more: { readonly messages: number; readonly bytes: number },
  now: Milliseconds,
): boolean {
  const { messages, bytes } = takenOf(group, device, now)
  return messages + more.messages <= TAKEN_MESSAGES.burst && bytes + more.bytes <= TAKEN_BYTES.burst
}

function takenOf({ delivery }: Group, device: DeviceKey, now: Milliseconds): TakenOfDevice {
  const before = delivery.taken.get(device) ?? { messages: 0, bytes: 0, at: now }
  const days = Math.max(0, now - before.at) / DAY
  return {
    messages: Math.max(0, before.messages - days * TAKEN_MESSAGES.perDay),
    bytes: Math.max(0, before.bytes - days * TAKEN_BYTES.perDay),
    at: now,
  }
}
