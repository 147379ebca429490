import type { IdentityId } from "../identity/identity-id.ts"
import { additionOf } from "./forest-node.ts"
import type { Group } from "./group.ts"

/**
 * True until a device that was restored has another leaf: in every state that comes before that, it may have used its keys further than it
 * remembers, and would use them for something else.
 */
export function isMuted({ forest, live, restoredIn }: Group, self: IdentityId): boolean {
  if (restoredIn === undefined) return false
  return additionOf(forest, restoredIn, self)?.sid === additionOf(forest, live, self)?.sid
}
