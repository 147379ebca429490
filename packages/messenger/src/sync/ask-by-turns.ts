import type { PeerId } from "../identity/peer-id.ts"
import { SYNCS_AT_ONCE } from "../limits.ts"
import type { Turn } from "../peer/turn.ts"
import { requestSync } from "./request-sync.ts"

/**
 * Whether a member whom there is cause to ask is asked now. When a network comes back, many are there at once who hold the
 * same: a few of them are asked, and the others when an exchange has ended, for what is missing then.
 */
export function mayAskNow(turn: Turn, uuid: string, peerId: PeerId): boolean {
  if (countUnderWay(turn, uuid) < SYNCS_AT_ONCE) return true
  turn.changeWork(uuid, { toAsk: new Set(turn.work(uuid).toAsk).add(peerId) })
  return false
}

/** An exchange has ended: whoever waits is asked as far as there is room. */
export function askWhoWaits(turn: Turn, uuid: string): void {
  if (!turn.state.durable.groups.has(uuid)) return
  for (const peerId of turn.work(uuid).toAsk) {
    if (countUnderWay(turn, uuid) >= SYNCS_AT_ONCE) return
    const toAsk = new Set(turn.work(uuid).toAsk)
    toAsk.delete(peerId)
    turn.changeWork(uuid, { toAsk })
    requestSync(turn, uuid, peerId)
  }
}

/** Exchanges about a group that this device waits for. */
export function countUnderWay(turn: Turn, uuid: string): number {
  return [...turn.state.requests.values()].filter((request) => request.kind === "sync" && request.group === uuid).length
}
