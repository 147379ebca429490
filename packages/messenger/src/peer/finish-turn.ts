import type { Milliseconds } from "@starling/kernel"

import type { Group } from "../group/group.ts"
import { mailboxTimes } from "../mailbox/rounds.ts"
import { hasConnectedPartner } from "../sync/partners.ts"
import { takesPart } from "../sync/request-sync.ts"
import { topicsOf } from "../sync/topics.ts"
import { isDeferrable } from "./deferrable.ts"
import { writesBetween } from "./persist.ts"
import type { Effect, Notification, Step } from "./step.ts"
import type { PeerState } from "./state.ts"
import type { Turn } from "./turn.ts"

/** What the changes of a turn amount to: rows, subscriptions, notifications, and when to wake. */
export function finishTurn(turn: Turn): Step {
  const subscriptions = turn.state === turn.before ? [] : subscribe(turn)
  const notifications = notificationsBetween(turn.before, turn.state)
  return {
    state: turn.state,
    writes: [...writesBetween(turn.before.durable, turn.state.durable), ...turn.writes],
    deferrable: turn.writes.length === 0 && isDeferrable(turn.before.durable, turn.state.durable),
    effects: [
      ...subscriptions,
      ...turn.effects.filter(({ kind }) => kind !== "notify"),
      ...turn.effects.filter(({ kind }) => kind === "notify"),
      ...notifications.map((event): Effect => ({ kind: "notify", event })),
    ],
    wakeAt: wakeTime(turn),
  }
}

function subscribe(turn: Turn): Effect[] {
  const { topics: before } = turn.state
  if (before.size === 0) return []
  const after = topicsOf(turn.state, turn.now)
  const effects: Effect[] = []
  for (const topic of after) if (!before.has(topic)) effects.push({ kind: "subscribe", topic })
  for (const topic of before) if (!after.has(topic)) effects.push({ kind: "unsubscribe", topic })
  if (effects.length > 0) turn.state = { ...turn.state, topics: after }
  return effects
}

function notificationsBetween(before: PeerState, after: PeerState): Notification[] {
  const events: Notification[] = []
  const [was, is] = [before.durable, after.durable]
  const changed = [...is.groups.values()].filter((group) => looksDifferent(was.groups.get(group.uuid), group))
  for (const group of changed) if (!group.hidden) events.push({ kind: "group", group: group.uuid })
  if (changed.length > 0 || is.groups.size !== was.groups.size) events.push({ kind: "groups" })
  if (was.invitations !== is.invitations) events.push({ kind: "invitations" })
  if (was.contacts !== is.contacts || before.links !== after.links) events.push({ kind: "contacts" })
  if (before.acquaintances !== after.acquaintances || before.links !== after.links) events.push({ kind: "nearby" })
  return events
}

const SHOWN = ["phase", "chosen", "live", "membership", "unread", "last", "seen", "hidden"] as const

function looksDifferent(before: Group | undefined, after: Group): boolean {
  return before !== after && SHOWN.some((field) => before?.[field] !== after[field])
}

function wakeTime(turn: Turn): Milliseconds | undefined {
  const { state } = turn
  if (state.topics.size === 0) return undefined
  const times: Milliseconds[] = [state.dialAt]
  for (const group of state.durable.groups.values()) {
    if (!takesPart(group)) continue
    const { dueAt, healAt, syncAt, exchangeAt, repairAt, resendAt, gapsDueAt } = turn.work(group.uuid)
    for (const time of [dueAt, healAt, repairAt, resendAt, gapsDueAt, ...exchangeAt.values()])
      if (time !== undefined) times.push(time)
    if (hasConnectedPartner(turn, group)) times.push(syncAt)
    times.push(...mailboxTimes(turn, group))
  }
  for (const { peerId, nextAt } of state.durable.outbox.values()) if (turn.isConnected(peerId)) times.push(nextAt)
  return Math.max(turn.now, Math.min(...times))
}
