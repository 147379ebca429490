import type { Milliseconds } from "@starling/kernel"

import type { StateId } from "../record/operation.ts"
import { MAX_HELD_STATES, RETENTION } from "../limits.ts"
import type { Turn } from "../peer/turn.ts"
import { ancestry, type Forest, type ForestNode } from "./forest-node.ts"

/**
 * Every state but the live one lets go of its secrets when the retention is over that began with the first state that
 * followed it, or with its own coming where none did; and beside the live path, not before the retention is over that began
 * with the coming of the branch that won: what a device that was away for days had been in until then is not yet sent again
 * elsewhere. A thief of the device gets no further back. Before that, where there are too many, those of the device that made
 * most, from the earliest on: whoever floods a group loses its own.
 */
export function dropOldStates(turn: Turn, uuid: string): void {
  const group = turn.group(uuid)
  const held = [...group.forest.values()].filter(({ standing, sid }) => standing.kind === "held" && sid !== group.live)
  const followed = followedAt(group.forest)
  const before = turn.now - RETENTION
  const late = held.filter(({ sid, placedAt }) => (followed.get(sid) ?? placedAt) < before)
  const lost = late.length === 0 ? () => 0 : lostAt(group.forest, group.live)
  const old = new Set(late.filter(({ sid }) => lost(sid) < before))
  const dropped = [...old, ...surplusOf(held.filter((node) => !old.has(node)))]
  if (dropped.length === 0) return
  const forest = new Map(group.forest)
  for (const node of dropped) forest.set(node.sid, { ...node, standing: { kind: "dropped" }, era: undefined })
  turn.putGroup({ ...group, forest })
}

/** When what a state has lost to came to this device: the step of the live path from where the two part; 0 for one that is on it. */
function lostAt(forest: Forest, live: StateId): (sid: StateId) => Milliseconds {
  const path = new Map<StateId, ForestNode>()
  let after: ForestNode | undefined
  for (const node of ancestry(forest, live)) {
    if (after !== undefined) path.set(node.sid, after)
    after = node
  }
  return (sid) => {
    if (path.has(sid)) return 0
    const fork = ancestry(forest, sid).find((node) => path.has(node.sid))
    return path.get(fork?.sid ?? "")?.placedAt ?? 0
  }
}

function surplusOf(held: readonly ForestNode[]): ForestNode[] {
  if (held.length <= MAX_HELD_STATES) return []
  const byDevice = [...Map.groupBy(held, ({ device }) => device).values()]
  const surplus: ForestNode[] = []
  while (held.length - surplus.length > MAX_HELD_STATES) {
    const most = byDevice.reduce((one, other) => (other.length > one.length ? other : one))
    surplus.push(...most.splice(0, 1))
  }
  return surplus
}

/** When the first state that follows each came to this device, or by `timeOf` another time of it. */
export function followedAt(
  forest: Forest,
  timeOf: (node: ForestNode) => Milliseconds = ({ placedAt }) => placedAt,
): ReadonlyMap<StateId, Milliseconds> {
  const times = new Map<StateId, Milliseconds>()
  for (const node of forest.values()) {
    const { parent, standing } = node
    if (parent === undefined || standing.kind === "invalid") continue
    times.set(parent, Math.min(timeOf(node), times.get(parent) ?? Number.MAX_SAFE_INTEGER))
  }
  return times
}
