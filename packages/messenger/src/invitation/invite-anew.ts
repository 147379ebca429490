import { additionOf } from "../group/forest-node.ts"
import { renewMember } from "../group/renew-member.ts"
import type { Turn } from "../peer/turn.ts"
import type { OutboxEntry } from "./outbox-entry.ts"
import { dropStockOf } from "./stock.ts"

/**
 * The one invited has forgotten the KeyPackage that it was added with, as a device does that went back to a backup: with that, whatever
 * it handed out before is worth nothing, and it is added anew with one that it is asked for. False where that can't be done.
 */
export function inviteAnew(turn: Turn, { group: uuid, identity, sid }: OutboxEntry): boolean {
  const group = turn.state.durable.groups.get(uuid)
  const device = group?.membership.desired.get(identity)?.device
  if (group === undefined || device === undefined) return false
  dropStockOf(turn, device.device)
  const addedAt = additionOf(group.forest, group.live, identity)
  return addedAt?.sid === sid && renewMember(turn, uuid, device)
}
