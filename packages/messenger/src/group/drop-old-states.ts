import { RETAINED_EPOCHS, RETENTION } from "../limits.ts"
import type { Turn } from "../peer/turn.ts"
import { ancestry, type ForestNode } from "./forest-node.ts"

/** After the retention, states off the chosen path and far behind its tip let go of their secrets. */
export function dropOldStates(turn: Turn, uuid: string): void {
  const group = turn.group(uuid)
  const path = new Set(
    ancestry(group.forest, group.live)
      .slice(0, RETAINED_EPOCHS)
      .map(({ sid }) => sid),
  )
  const isOld = (node: ForestNode): boolean =>
    node.standing.kind === "held" && node.placedAt < turn.now - RETENTION && !path.has(node.sid)
  if (![...group.forest.values()].some(isOld)) return
  const forest = Array.from(group.forest, ([sid, node]): [string, ForestNode] =>
    isOld(node) ? [sid, { ...node, standing: { kind: "dropped" }, era: undefined }] : [sid, node],
  )
  const sent = group.sent.filter(({ at }) => at >= turn.now - RETENTION)
  turn.putGroup({ ...group, forest: new Map(forest), sent })
}
