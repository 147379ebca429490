import type { Turn } from "../peer/turn.ts"
import { partnersOf } from "../sync/partners.ts"
import { exchangeSoon } from "../sync/request-sync.ts"
import { joinVectors, missingFrom, type MessageVector } from "./seq-set.ts"

/**
 * Everything that is held was seen. Where receipts are on, the authors may know it of what was not seen before; those who
 * are connected learn it soon.
 */
export function noteSeen(turn: Turn, uuid: string): void {
  const group = turn.group(uuid)
  const { read, seenQuietly } = group.delivery
  const fresh: MessageVector = new Map(
    [...group.held]
      .filter(([device]) => device !== turn.own.device)
      .map(
        ([device, held]) =>
          [device, missingFrom(missingFrom(held, read.get(device) ?? []), seenQuietly.get(device) ?? [])] as const,
      )
      .filter(([, seqs]) => seqs.length > 0),
  )
  if (fresh.size === 0) return
  if (!turn.state.durable.settings.receipts) {
    turn.changeDelivery(uuid, { seenQuietly: joinVectors(seenQuietly, fresh) })
    return
  }
  turn.changeDelivery(uuid, { read: joinVectors(read, fresh) })
  for (const { peerId, device } of partnersOf(group, turn.own.peerId).values())
    if (fresh.has(device)) exchangeSoon(turn, uuid, peerId)
}
