import { DISPLACED_PATIENCE, REJOIN_PAUSE } from "../limits.ts"
import type { Turn } from "../peer/turn.ts"
import { connectedPartners } from "../sync/partners.ts"
import { syncSoon } from "../sync/request-sync.ts"
import { authorOperation } from "./author-record.ts"
import { hasDevice } from "./roster.ts"
import { isDisplaced } from "./tips.ts"
import { isWaitingForNewLeaf } from "./work-left.ts"

/**
 * A device that stays in the roster of the chosen state and cannot enter it, while members are connected and would have
 * brought what is merely late, asks to be added anew: it leaves and adds itself in one step, and any member who is there
 * renews its leaf. It goes on reading and sending where it is until then.
 */
export function rejoinIfLeftBehind(turn: Turn, uuid: string): void {
  const group = turn.group(uuid)
  const isLeftBehind =
    group.phase === "active" &&
    isDisplaced(group) &&
    hasDevice(group.forest.get(group.chosen)?.roster ?? [], turn.own.device) &&
    group.membership.desired.has(turn.own.identity) &&
    !isWaitingForNewLeaf(group, turn.own.identity)
  const { displacedSince, rejoinedAt, dueAt } = turn.work(uuid)
  if (!isLeftBehind) {
    if (displacedSince !== undefined) turn.changeWork(uuid, { displacedSince: undefined })
    return
  }
  const since = displacedSince ?? turn.now
  const due = Math.max(since + DISPLACED_PATIENCE, (rejoinedAt ?? -Infinity) + REJOIN_PAUSE)
  const isAlone = connectedPartners(turn, group).length === 0
  if (turn.now < due || isAlone) {
    const next = isAlone ? turn.now + DISPLACED_PATIENCE : due
    turn.changeWork(uuid, { displacedSince: isAlone ? undefined : since, dueAt: Math.min(dueAt ?? next, next) })
    return
  }
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
