import type { Milliseconds } from "@starling/kernel"

import { BODY_PATIENCE, DEFENCE, MAX_WITNESSES, SUPPORT_DELAY } from "../limits.ts"
import type { Turn } from "../peer/turn.ts"
import type { StateId } from "../record/operation.ts"
import { RECORD_KINDS } from "../record/record.ts"
import { encodeTestimony } from "../record/testimony-record.ts"
import { anchorsAmong } from "./anchors.ts"
import { authorRecord, ownRoom } from "./author-record.ts"
import { candidatesAt, chooseTip, supportersOf } from "./choose-commit.ts"
import { ancestry, stateOf, type ForestNode } from "./forest-node.ts"
import type { Group } from "./group.ts"
import { slotOf } from "./reconcile.ts"
import { hasDevice, identitiesOf } from "./roster.ts"
import { choiceOf, withTips } from "./tips.ts"

/**
 * Before a newcomer is weighed: where another branch comes to compete with the one that this device has been on for a while,
 * it says where it is. So a branch that was hidden until now displaces nobody by its author's word alone.
 */
export function defend(turn: Turn, uuid: string, before: ReadonlySet<StateId>): void {
  const group = turn.group(uuid)
  const arrived = [...group.forest.values()].filter(
    ({ sid, standing }) => !before.has(sid) && standing.kind !== "invalid",
  )
  if (arrived.length === 0 || group.phase !== "active") return
  const choice = choiceOf(turn.crypto, group)
  const path = ancestry(group.forest, group.live)
  const own = new Map(path.flatMap((node) => (node.parent === undefined ? [] : [[node.parent, node] as const])))
  const threatened = arrived.some((node) => {
    const ours = own.get(node.parent ?? "")
    if (ours === undefined || ours.sid === node.sid || ours.placedAt > turn.now - DEFENCE) return false
    return isWitness(group, ours, turn) && !supportersOf(choice, ours).has(turn.own.identity)
  })
  if (threatened) testifyTo(turn, uuid, RECORD_KINDS.support, group.live)
}

/**
 * Says what this device knows of a chosen branch that is in doubt: that it can't be entered, where its keys do not lead there,
 * or, after a moment, that this device is in it.
 */
export function testify(turn: Turn, uuid: string): void {
  if (turn.group(uuid).phase !== "active") return
  refuse(turn, uuid)
  uphold(turn, uuid)
  const group = turn.group(uuid)
  if (group.live !== group.chosen || stateOf(group.forest.get(group.live)) === undefined) return
  const dueAt = supportDueAt(turn, group)
  if (dueAt === undefined) return
  if (dueAt <= turn.now) testifyTo(turn, uuid, RECORD_KINDS.support, group.live)
  else turn.wakeGroup(uuid, dueAt)
}

/** Signs for what others refuse, and this device could enter: it would be chosen but for them. Whoever may refuse may. */
function uphold(turn: Turn, uuid: string): void {
  const group = turn.group(uuid)
  if (group.testimony.refusals.size === 0) return
  const choice = choiceOf(turn.crypto, group)
  const testimony = { ...group.testimony, refusals: new Map() }
  const tip = chooseTip({ ...choice, testimony }, group.creation)
  const path = ancestry(group.forest, tip)
  const held = path.find((node) => stateOf(node) !== undefined)
  const refused = path.findLast(({ sid }) => group.testimony.refusals.has(sid))
  if (held === undefined || refused === undefined || held.epoch < refused.epoch) return
  const before = group.forest.get(refused.parent ?? "")?.roster ?? []
  if (!hasDevice(before, turn.own.device) || supportersOf(choice, refused).has(turn.own.identity)) return
  if (testifyTo(turn, uuid, RECORD_KINDS.support, held.sid)) turn.putGroup(withTips(turn.crypto, turn.group(uuid)))
}

/** When to sign for the live state: where on its path a fork is open and this device's word is still missing. */
function supportDueAt(turn: Turn, group: Group): Milliseconds | undefined {
  const choice = choiceOf(turn.crypto, group)
  let contestedAt: Milliseconds | undefined
  for (const node of ancestry(group.forest, group.live)) {
    if (node.parent === undefined || !isWitness(group, node, turn)) continue
    const rivals = candidatesAt(choice, node.parent)
    if (rivals.length < 2 && !group.testimony.refusals.has(node.sid)) continue
    if (supportersOf(choice, node).has(turn.own.identity)) break
    contestedAt = Math.max(contestedAt ?? 0, ...rivals.map(({ placedAt }) => placedAt))
  }
  return contestedAt === undefined ? undefined : contestedAt + SUPPORT_DELAY
}

/**
 * Refuses what would be chosen and could not be entered from its parent, for which this device has the keys: at once
 * where its own part was bad, which others can't know of; where it is bad for everybody, in turn; and where only its tags are, when
 * there was time for a body with better ones to come.
 */
function refuse(turn: Turn, uuid: string): void {
  for (;;) {
    const group = turn.group(uuid)
    const node = refusable(turn, group)
    if (node === undefined) return
    const dueAt = refusalDueAt(turn, group, node)
    if (dueAt > turn.now) {
      turn.wakeGroup(uuid, dueAt)
      return
    }
    if (!testifyTo(turn, uuid, RECORD_KINDS.refusal, node.sid)) return
    turn.putGroup(withTips(turn.crypto, turn.group(uuid)))
  }
}

function refusalDueAt(turn: Turn, group: Group, { standing, placedAt }: ForestNode): Milliseconds {
  if (standing.kind === "barred") return turn.now
  return standing.kind === "damaged" ? standing.since + BODY_PATIENCE : placedAt + slotOf(turn, group)
}

const BAD: ReadonlySet<string> = new Set(["invalid", "barred", "damaged"])

/** The first on the path that would be chosen if nothing were known of what came of it here. */
function refusable(turn: Turn, group: Group): ForestNode | undefined {
  const isBad = ({ standing }: ForestNode): boolean => BAD.has(standing.kind)
  if (![...group.forest.values()].some(isBad)) return undefined
  const unknowing = new Map(
    Array.from(group.forest, ([sid, node]) => [
      sid,
      isBad(node) ? { ...node, standing: { kind: "open" } as const } : node,
    ]),
  )
  const tip = chooseTip({ ...choiceOf(turn.crypto, group), forest: unknowing }, group.creation)
  const first = ancestry(group.forest, tip).findLast(isBad)
  if (first === undefined || group.testimony.refusals.get(first.sid)?.has(turn.own.identity) === true) return undefined
  const parent = group.forest.get(first.parent ?? "")
  return hasDevice(parent?.roster ?? [], turn.own.device) ? first : undefined
}

/** Whether this device's word on a state counts for enough to be worth a record. */
function isWitness({ forest, membership }: Group, { parent }: ForestNode, turn: Turn): boolean {
  const present = identitiesOf(forest.get(parent ?? "")?.roster ?? [])
  if (!present.has(turn.own.identity)) return false
  return present.size <= MAX_WITNESSES || anchorsAmong(membership, present).has(turn.own.identity)
}

/** False where it is said already, whether it counts or not, and where this device's log has no room for it. */
function testifyTo(turn: Turn, uuid: string, kind: number, sid: StateId): boolean {
  const group = turn.group(uuid)
  const said = group.testimony[kind === RECORD_KINDS.support ? "supports" : "refusals"].get(sid)
  if (said?.has(turn.own.identity) === true || !ownRoom(group, turn.own.device).canTestify) return false
  authorRecord(turn, uuid, kind, encodeTestimony(sid), group.forest.get(group.live)?.era)
  return true
}
