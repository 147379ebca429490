import type { Group, SentMessage } from "../group/group.ts"
import type { PeerId } from "../identity/peer-id.ts"
import { MAX_REPAIRS, MAX_REPAIRS_AT_ONCE, REPAIR_AFTER, REPAIR_WITHIN } from "../limits.ts"
import { holdsCopy, recipientsOf } from "../message/delivery.ts"
import type { Turn } from "../peer/turn.ts"
import { partnersOf } from "./partners.ts"
import { requestSync } from "./request-sync.ts"

/** A message was published: by then, those of its recipients who are connected have said that they have it, or get it directly. */
export function watchDelivery(turn: Turn, uuid: string): void {
  const { repairAt } = turn.work(uuid)
  turn.changeWork(uuid, { repairAt: repairAt ?? turn.now + REPAIR_AFTER, repairs: 0 })
}

/** Nobody took what was published, though members are connected: they are turned to at once. */
export function repairNow(turn: Turn, uuid: string): void {
  if (turn.work(uuid).repairAt !== undefined) turn.changeWork(uuid, { repairAt: turn.now })
}

/**
 * Begins an exchange with members who are connected and have not acknowledged what was published a while ago: their
 * side sees what it lacks and asks for it. Some may not have accepted their invitation yet, so that the attempts end.
 */
export function repairIfDue(turn: Turn, uuid: string): void {
  const { repairAt, repairs } = turn.work(uuid)
  if (repairAt === undefined || repairAt > turn.now) return
  const group = turn.group(uuid)
  const followed = group.sent.slice(group.sent.findLastIndex(({ at }) => at < turn.now - REPAIR_WITHIN) + 1)
  const [young, due] = partition(followed, ({ at, reached }) => reached > 0 && at > turn.now - REPAIR_AFTER)
  const late = lateRecipients(turn, group, due)
  for (const peerId of late.slice(0, MAX_REPAIRS_AT_ONCE)) requestSync(turn, uuid, peerId)
  const again = late.length > 0 && repairs < MAX_REPAIRS ? [turn.now + REPAIR_AFTER * 2 ** repairs] : []
  const times = [...again, ...young.map(({ at }) => at + REPAIR_AFTER)]
  turn.changeWork(uuid, { repairAt: times.length > 0 ? Math.min(...times) : undefined, repairs: repairs + 1 })
}

/** Those who lack the most come first: they are likely to be new, and not to be reached by gossip yet. */
function lateRecipients(turn: Turn, group: Group, due: readonly SentMessage[]): PeerId[] {
  const partners = [...partnersOf(group, turn.own.peerId).values()].filter(({ peerId }) => turn.isConnected(peerId))
  const lacking = new Map<PeerId, number>()
  for (const sent of due) {
    const without = partners.filter(({ device }) => !holdsCopy(group.acks, device, sent))
    if (without.length === 0) continue
    const recipients = recipientsOf(group, sent, turn.own.device)
    for (const { peerId, device } of without)
      if (recipients.has(device)) lacking.set(peerId, (lacking.get(peerId) ?? 0) + 1)
  }
  return [...lacking].sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1)).map(([peerId]) => peerId)
}

function partition<T>(items: readonly T[], isFirst: (item: T) => boolean): [first: T[], rest: T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))]
}
