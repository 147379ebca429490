import type { Milliseconds } from "@starling/kernel"

import type { StateId } from "../record/operation.ts"
import { RESEND_PATIENCE, RETENTION } from "../limits.ts"
import type { Turn } from "../peer/turn.ts"
import type { Forest, ForestNode } from "./forest-node.ts"

/**
 * Every state but the live one lets go of its secrets when the retention is over that began with the first state that
 * followed it, or with its own coming where none did: a thief of the device gets no further back.
 */
export function dropOldStates(turn: Turn, uuid: string): void {
  const group = turn.group(uuid)
  const followed = followedAt(group.forest)
  const isOld = (node: ForestNode): boolean =>
    node.standing.kind === "held" &&
    node.sid !== group.live &&
    (followed.get(node.sid) ?? node.placedAt) < turn.now - RETENTION
  if (![...group.forest.values()].some(isOld)) return
  const forest = Array.from(group.forest, ([sid, node]): [string, ForestNode] =>
    isOld(node) ? [sid, { ...node, standing: { kind: "dropped" }, era: undefined }] : [sid, node],
  )
  const sent = group.sent.filter(({ at }) => at >= turn.now - RESEND_PATIENCE)
  turn.putGroup({ ...group, forest: new Map(forest), sent })
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
