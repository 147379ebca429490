import { eraseReplaced } from "@starling/mls"

import { stateOf } from "../group/forest-node.ts"
import type { PeerState } from "./state.ts"

/**
 * Overwrites in memory the keys of messages, and of epochs, that `before` had and `after` has no more. For the runner, once
 * `after` is durable: `before` is not to be used again.
 */
export function eraseSuperseded(before: PeerState, after: PeerState): void {
  for (const [uuid, group] of before.durable.groups) {
    const forest = after.durable.groups.get(uuid)?.forest
    if (forest === group.forest) continue
    for (const [sid, node] of group.forest) {
      const [old, next] = [stateOf(node), stateOf(forest?.get(sid))]
      if (old !== undefined && old !== next) eraseReplaced(old, next)
    }
  }
}
