import { DISPLACED_PATIENCE, REJOIN_PAUSE, REJOIN_SPREAD, SYNC_SOON } from "../limits.ts"
import { jitter } from "../peer/jitter.ts"
import type { Turn } from "../peer/turn.ts"
import { hasConnectedPartner } from "../sync/partners.ts"
import { isSyncing, syncSoon } from "../sync/request-sync.ts"
import { authorOperation, ownRoom } from "./author-record.ts"
import { hasDevice } from "./roster.ts"
import { isDisplaced } from "./tips.ts"
import { isWaitingForNewLeaf } from "./work-left.ts"

/**
 * A device that stays in the roster of the chosen state and cannot enter it, though a member has brought what is merely
 * late and has nothing more, asks to be added anew: it leaves and adds itself in one step, and any member who is there
 * renews its leaf. Until that is done it asks for nothing else, and goes on reading and sending where it is. Where it was
 * done, and the Welcome got lost, as with what was written after a backup, it asks once more.
 */
export function rejoinIfLeftBehind(turn: Turn, uuid: string): void {
  const group = turn.group(uuid)
  const isLeftBehind =
    group.phase === "active" &&
    isDisplaced(group) &&
    hasDevice(group.forest.get(group.chosen)?.roster ?? [], turn.own.device) &&
    group.membership.desired.has(turn.own.identity) &&
    !isWaitingForNewLeaf(group, turn.own.identity, group.chosen)
  const { displacedSince, rejoinedAt, syncedAt, dueAt } = turn.work(uuid)
  if (!isLeftBehind) {
    if (displacedSince !== undefined) turn.changeWork(uuid, { displacedSince: undefined })
    return
  }
  const since = displacedSince ?? turn.now
  const spread = jitter(turn, `rejoin ${group.chosen}`, REJOIN_SPREAD)
  const due = Math.max(since + DISPLACED_PATIENCE + spread, (rejoinedAt ?? -Infinity) + REJOIN_PAUSE)
  const isAlone = !hasConnectedPartner(turn, group)
  const isSynced = !isSyncing(turn, uuid) && (syncedAt ?? -Infinity) >= since
  if (turn.now < due || isAlone || !isSynced) {
    const next = isAlone ? turn.now + DISPLACED_PATIENCE : Math.max(due, turn.now + SYNC_SOON)
    turn.changeWork(uuid, { displacedSince: isAlone ? undefined : since, dueAt: Math.min(dueAt ?? next, next) })
    return
  }
  if (ownRoom(group, turn.own.device).unasked < 2) return
  askToBeAddedAnew(turn, uuid)
  const text = `This device could not follow the group “${group.founding.name}”. It has asked the members to add it anew.`
  turn.notify({ kind: "trouble", code: "left-behind", text })
}

/** Leaves and adds this device in one step: any member who is there renews its leaf. */
export function askToBeAddedAnew(turn: Turn, uuid: string): void {
  authorOperation(turn, uuid, { kind: "leave", after: turn.group(uuid).live })
  authorOperation(turn, uuid, { kind: "add", device: turn.own, name: turn.own.name })
  turn.changeWork(uuid, { displacedSince: undefined, rejoinedAt: turn.now })
  syncSoon(turn, uuid)
}
