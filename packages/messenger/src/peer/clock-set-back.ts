import type { Milliseconds } from "@starling/kernel"

import type { ForestNode } from "../group/forest-node.ts"
import type { Group } from "../group/group.ts"
import type { GroupWork } from "../group/group-work.ts"
import { DIAL_PERIOD } from "../limits.ts"
import type { PeerState } from "./state.ts"

/**
 * The state as of a clock that may have been ahead until now. Timers stand in the time of that clock, and would else be due
 * only once it is as late again: they begin anew. The next round of dialling is never further away than its period, so that
 * one which is tells of a clock that was set back.
 */
export function withClock(state: PeerState, now: Milliseconds): PeerState {
  return state.dialAt > now + DIAL_PERIOD ? withTimersAnew(state, now) : state
}

/** Nothing has come, and nothing was asked for, later than now. */
export function withTimersAnew(state: PeerState, now: Milliseconds): PeerState {
  const { durable } = state
  const groups = mapChanged(durable.groups, (group) => withPastArrivals(group, now))
  const outbox = mapChanged(durable.outbox, (entry) => (entry.nextAt > now ? { ...entry, nextAt: now } : entry))
  return {
    ...state,
    durable: groups === durable.groups && outbox === durable.outbox ? durable : { ...durable, groups, outbox },
    work: new Map(Array.from(state.work, ([uuid, work]) => [uuid, workAnew(work, now)])),
    requests: mapChanged(state.requests, (request) =>
      request.kind === "sync" && request.at > now ? { ...request, at: now } : request,
    ),
    dialAt: Math.min(state.dialAt, now),
  }
}

function workAnew(work: GroupWork, now: Milliseconds): GroupWork {
  const { rejoinedAt, dueAt } = work
  return {
    ...work,
    askAt: new Map(),
    open: undefined,
    dueAt: dueAt === undefined ? undefined : now,
    displacedSince: undefined,
    rejoinedAt: rejoinedAt === undefined ? undefined : Math.min(rejoinedAt, now),
    syncAt: Math.min(work.syncAt, now),
    gapAt: new Map(),
  }
}

function withPastArrivals(group: Group, now: Milliseconds): Group {
  const arrivedBy = (node: ForestNode): ForestNode => {
    const standing =
      node.standing.kind === "damaged" && node.standing.since > now ? { ...node.standing, since: now } : node.standing
    const placedAt = Math.min(node.placedAt, now)
    return placedAt === node.placedAt && standing === node.standing ? node : { ...node, placedAt, standing }
  }
  const forest = mapChanged(group.forest, arrivedBy)
  return forest === group.forest ? group : { ...group, forest }
}

/** The same map where every value is. */
function mapChanged<K, V>(map: ReadonlyMap<K, V>, change: (value: V) => V): ReadonlyMap<K, V> {
  const next = new Map(Array.from(map, ([key, value]) => [key, change(value)]))
  return [...map].every(([key, value]) => next.get(key) === value) ? map : next
}
