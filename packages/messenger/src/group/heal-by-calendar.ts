import type { Milliseconds } from "@starling/kernel"

import type { DeviceKey } from "../identity/device-certificate.ts"
import { CATCH_UP_LEAST, CATCH_UP_OF_EACH, TIP_PATIENCE, TIP_QUIET } from "../limits.ts"
import { jitter } from "../peer/jitter.ts"
import type { Turn } from "../peer/turn.ts"
import { hasConnectedPartner } from "../sync/partners.ts"
import { isSyncing } from "../sync/request-sync.ts"
import type { HealPlan } from "../view/group-view.ts"
import { ownRoom } from "./author-record.ts"
import { ancestry, stateOf } from "./forest-node.ts"
import type { Group } from "./group.ts"
import { calendarOrder, plannedHeal, slotLength, stretched, type Calendar } from "./heal-calendar.ts"
import { isOut } from "./membership.ts"
import { identitiesOf } from "./roster.ts"
import { settle } from "./settle.ts"
import { isDisplaced } from "./tips.ts"
import { workLeft } from "./work-left.ts"

type Self = Pick<Turn, "crypto" | "own">

/**
 * Renews this device's keys where the calendar says so and it can be done without a fork: members are connected, nothing
 * is being asked of them, and the tip has been quiet. Who missed its slot follows within a while after it is connected
 * again, each device at a time of its own.
 */
export function healByCalendar(turn: Turn, uuid: string): void {
  const at = nextAttempt(turn, uuid)
  if (at === undefined || at > turn.now) {
    if (turn.work(uuid).healAt !== at) turn.changeWork(uuid, { healAt: at })
    return
  }
  turn.changeGroup(uuid, { healing: { kind: "wanted" } })
  settle(turn, uuid)
  turn.changeWork(uuid, { healAt: undefined, healPlan: undefined })
}

/** Before something is said with keys that should have been renewed already, where members are there to see it. */
export function healBeforeSending(turn: Turn, uuid: string): void {
  const group = turn.group(uuid)
  const at = planOf(turn, group)
  if (at === undefined || at > turn.now || !canHeal(turn, group)) return
  turn.changeGroup(uuid, { healing: { kind: "wanted" } })
  settle(turn, uuid)
}

/** When this device's keys in the group were last renewed by a commit of its own, and when they are next. */
export function healPlan(
  self: Self,
  group: Group,
  period: Milliseconds | undefined,
  now: Milliseconds,
): { readonly renewedAt: Milliseconds | undefined; readonly plan: HealPlan } {
  const { renewedAt } = keysOf(group, self.own.device)
  if (period === undefined) return { renewedAt, plan: { kind: "off" } }
  const at = plannedTime(self, group, period)
  if (at === undefined) return { renewedAt, plan: { kind: "alone" } }
  return { renewedAt, plan: at > now ? { kind: "planned", at } : { kind: "overdue" } }
}

function nextAttempt(turn: Turn, uuid: string): Milliseconds | undefined {
  const group = turn.group(uuid)
  const planned = planOf(turn, group)
  const isConnected = hasConnectedPartner(turn, group)
  const { connectedSince = turn.now } = turn.work(uuid)
  if (isConnected !== (turn.work(uuid).connectedSince !== undefined))
    turn.changeWork(uuid, { connectedSince: isConnected ? turn.now : undefined })
  if (planned === undefined || planned > turn.now) return planned
  if (!isConnected || workLeft(group, turn.own.identity).healing !== "no") return undefined
  const live = group.forest.get(group.live)
  const caughtUpAt = hasMissedSlot(turn, group, planned) ? connectedSince + catchUp(turn, group) : planned
  // A tip that somebody keeps moving puts nothing off for ever.
  const quietAt = Math.min((live?.placedAt ?? 0) + TIP_QUIET, caughtUpAt + TIP_PATIENCE)
  const at = Math.max(caughtUpAt, quietAt)
  return at <= turn.now && !canHeal(turn, group) ? turn.now + TIP_QUIET : at
}

/** As of the live state; remembered, since a large group takes a while to be put in order. */
function planOf(turn: Turn, group: Group): Milliseconds | undefined {
  const { healPeriod } = turn.state.durable.settings
  if (group.phase !== "active" || healPeriod === undefined) return undefined
  const basis = `${group.live} ${healPeriod}`
  const known = turn.work(group.uuid).healPlan
  if (known?.basis === basis) return known.at
  const at = plannedTime(turn, group, healPeriod)
  turn.changeWork(group.uuid, { healPlan: { basis, at } })
  return at
}

function plannedTime(self: Self, group: Group, period: Milliseconds): Milliseconds | undefined {
  const calendar = calendarOf(self, group, period)
  if (calendar === undefined) return undefined
  const point = (slot: number, below: Milliseconds): number =>
    jitter(self, `heal ${group.uuid} ${slot}`, Math.max(1, Math.floor(below)))
  return Math.ceil(plannedHeal(calendar, keysOf(group, self.own.device), point))
}

/** None for somebody who is alone in the group, or not in it. */
function calendarOf(self: Self, group: Group, chosen: Milliseconds): Calendar | undefined {
  const identities = identitiesOf(group.forest.get(group.live)?.roster ?? [])
  const order = calendarOrder(self.crypto, group.creation, identities)
  const place = order.indexOf(self.own.identity)
  if (place < 0 || order.length < 2) return undefined
  const period = stretched(chosen, ownRoom(group, self.own.device).commits)
  return { period, since: group.founding.createdAt, members: order.length, place }
}

/** Every commit of a device gives it fresh keys, whatever else it does. */
function keysOf(
  group: Group,
  device: DeviceKey,
): { readonly enteredAt: Milliseconds; readonly renewedAt: Milliseconds | undefined } {
  const path = ancestry(group.forest, group.live)
  const renewed = path.find((node) => node.device === device && node.sid !== group.creation && node.reason !== "joined")
  const entries = new Set(group.entries)
  const entered = path.find(({ sid }) => entries.has(sid))
  return { enteredAt: entered?.placedAt ?? group.founding.createdAt, renewedAt: renewed?.at }
}

function hasMissedSlot(turn: Turn, group: Group, planned: Milliseconds): boolean {
  const { healPeriod } = turn.state.durable.settings
  const calendar = healPeriod === undefined ? undefined : calendarOf(turn, group, healPeriod)
  return calendar !== undefined && turn.now - planned > slotLength(calendar) / 2
}

/** The more members may come back at one time, the further they are spread. */
function catchUp(turn: Turn, group: Group): Milliseconds {
  const members = identitiesOf(group.forest.get(group.live)?.roster ?? []).size
  return jitter(turn, `catch up ${group.live}`, Math.max(CATCH_UP_LEAST, members * CATCH_UP_OF_EACH))
}

function canHeal(turn: Turn, group: Group): boolean {
  return (
    !isDisplaced(group) &&
    stateOf(group.forest.get(group.live)) !== undefined &&
    !isOut(group.membership, turn.own.identity) &&
    hasConnectedPartner(turn, group) &&
    !isSyncing(turn, group.uuid)
  )
}
