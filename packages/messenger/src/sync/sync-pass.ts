import type { SyncPass } from "../group/group-work.ts"
import type { PeerId } from "../identity/peer-id.ts"
import { countParts } from "../message/seq-set.ts"
import type { Turn } from "../peer/turn.ts"
import type { SyncCursor } from "./sync-frames.ts"

export const NO_PASS: SyncPass = { part: 0, after: undefined }

/**
 * Notes where the next exchange with a member goes on. True where it has something to go on with: the rest of what is
 * to be looked through, or the next part of what is held here.
 */
export function goOn(turn: Turn, uuid: string, peerId: PeerId, next: SyncCursor | undefined): boolean {
  const passes = new Map(turn.work(uuid).passes)
  const { part, after } = passes.get(peerId) ?? NO_PASS
  const isOnward = next !== undefined && isBehind(next, after)
  const later = part + 1 < countParts(turn.group(uuid).held) ? part + 1 : 0
  const pass: SyncPass = isOnward ? { part, after: next } : { part: later, after: undefined }
  const goesOn = isOnward || later > 0
  if (goesOn) passes.set(peerId, pass)
  else passes.delete(peerId)
  turn.changeWork(uuid, { passes })
  return goesOn
}

/** An answer that leads nowhere ends the pass. */
function isBehind(next: SyncCursor, after: SyncCursor | undefined): boolean {
  if (after === undefined) return true
  if (next.records !== after.records) return next.records > after.records
  return next.device === after.device ? next.seq > after.seq : next.device > after.device
}
