import type { Device } from "../identity/device-certificate.ts"
import type { Turn } from "../peer/turn.ts"
import { authorOperation, ownRoom } from "./author-record.ts"
import { roleOf } from "./membership.ts"
import { renewableAt } from "./renewal-pace.ts"
import { mayInvite, mayRemove } from "./roles.ts"
import { hasDevice } from "./roster.ts"
import { settle } from "./settle.ts"

/**
 * Removes and adds in one step a member whose leaf is of no use to it: its device has no keys to it, and is wanted. False where nothing is
 * done: it has no leaf, its time has not come (`renewableAt`), or this device may not, or has no room for it in its log.
 */
export function renewMember(turn: Turn, uuid: string, device: Device): boolean {
  const group = turn.group(uuid)
  const wanted = group.membership.desired.get(device.identity)
  const live = group.forest.get(group.live)
  if (group.phase !== "active" || wanted === undefined || !hasDevice(live?.roster ?? [], device.device)) return false
  if (renewableAt(group, device.identity, turn.now) > turn.now) return false
  const { policy } = group.membership
  const role = roleOf(group.membership, turn.own.identity)
  if (!mayInvite(policy, role) || !mayRemove(policy, role, roleOf(group.membership, device.identity))) return false
  if (ownRoom(group, turn.own.device).unasked < 2) return false
  authorOperation(turn, uuid, { kind: "remove", identity: device.identity, after: group.live })
  authorOperation(turn, uuid, { kind: "add", device, name: wanted.name })
  settle(turn, uuid)
  return true
}
