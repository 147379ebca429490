import type { Bytes, Milliseconds } from "@starling/kernel"
import type { GroupState } from "@starling/mls"

import type { DeviceKey } from "../identity/device-certificate.ts"
import type { IdentityId } from "../identity/identity-id.ts"
import type { StateId } from "../record/operation.ts"
import type { RecordHash } from "../record/record.ts"
import type { EpochReason } from "../view/group-view.ts"
import type { Era } from "./era.ts"
import type { Roster } from "./roster.ts"

/** One state that a group has or had, on whatever branch: the result of a commit. */
export interface ForestNode {
  readonly sid: StateId
  /** `undefined` for the creation, and for a state that was joined while its COMMIT has not come yet. */
  readonly parent: StateId | undefined
  readonly epoch: number
  readonly author: IdentityId
  readonly device: DeviceKey
  readonly at: Milliseconds
  readonly reason: EpochReason
  readonly added: readonly IdentityId[]
  readonly removed: readonly IdentityId[]
  /** Operations that the commit cites. */
  readonly ops: readonly RecordHash[]
  /** MLSMessage(PublicMessage); empty for the creation and for a joined state without its COMMIT. */
  readonly mls: Bytes
  readonly roster: Roster
  /**
   * - `open`: the commit has not been processed here: its parent's state is not held.
   * - `held`: it was made or processed here, and its state is held until `dropped`.
   * - `dropped`: the state was let go after the retention.
   * - `excludes`: it was processed here, and this device is no member of it.
   * - `invalid`: its parent's state refused it, as it does for everybody.
   * - `barred`: it could not be entered with what it holds for this device; others may be in it.
   */
  readonly standing: Standing
  readonly era: Era | undefined
  /** When it came to this device. */
  readonly placedAt: Milliseconds
}

export type Standing =
  | { readonly kind: "held"; readonly state: GroupState }
  | { readonly kind: "open" | "dropped" | "excludes" | "invalid" | "barred" }

export type Forest = ReadonlyMap<StateId, ForestNode>

export function stateOf(node: ForestNode | undefined): GroupState | undefined {
  return node?.standing.kind === "held" ? node.standing.state : undefined
}

/** From `sid` up to the creation (or to the state that was joined), `sid` first. */
export function ancestry(forest: Forest, sid: StateId): ForestNode[] {
  const path: ForestNode[] = []
  for (let node = forest.get(sid); node !== undefined; node = forest.get(node.parent ?? "")) path.push(node)
  return path
}

export function childrenOf(forest: Forest): ReadonlyMap<StateId, readonly ForestNode[]> {
  const children = new Map<StateId, ForestNode[]>()
  for (const node of forest.values()) {
    if (node.parent === undefined) continue
    const siblings = children.get(node.parent)
    if (siblings === undefined) children.set(node.parent, [node])
    else siblings.push(node)
  }
  return children
}
