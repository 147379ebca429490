import { compareBytes, equalBytes, toHex, type Bytes, type Milliseconds } from "@starling/kernel"
import type { GroupState } from "@starling/mls"

import type { DeviceKey } from "../identity/device-certificate.ts"
import type { IdentityId } from "../identity/identity-id.ts"
import { MAX_BODIES } from "../limits.ts"
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
  /**
   * What came under this id, `mls` among it, where its author signed more than one: they differ in the two tags, which no id
   * covers. The first few, in the order of their bytes: which of them is good shows when they are processed.
   */
  readonly bodies: readonly Bytes[]
  /** The interim transcript hashes (RFC 9420, 8.2) that all of them lead to: a commit that follows names one. */
  readonly interims: ReadonlySet<string>
  readonly roster: Roster
  /**
   * - `open`: the commit has not been processed here: its parent's state is not held.
   * - `held`: it was made or processed here, and its state is held until `dropped`.
   * - `dropped`: the state was let go after the retention.
   * - `excludes`: it was processed here, and this device is no member of it.
   * - `invalid`: its parent's state refused it, as it does for everybody.
   * - `damaged`: the tags of the bodies that were `tried` are not those that its parent's keys lead to; another body may come.
   * - `barred`: it could not be entered with what it holds for this device; others may be in it.
   */
  readonly standing: Standing
  readonly era: Era | undefined
  /** When it came to this device. */
  readonly placedAt: Milliseconds
}

export type Standing =
  | { readonly kind: "held"; readonly state: GroupState }
  | { readonly kind: "damaged"; readonly tried: readonly Bytes[]; readonly since: Milliseconds }
  | { readonly kind: "open" | "dropped" | "excludes" | "invalid" | "barred" }

/** Of a state whose COMMIT has not come, or of the creation, which has none. */
export const NO_BODY = { mls: new Uint8Array(0), bodies: [], interims: new Set<string>() } as const

export type Forest = ReadonlyMap<StateId, ForestNode>

export function stateOf(node: ForestNode | undefined): GroupState | undefined {
  return node?.standing.kind === "held" ? node.standing.state : undefined
}

/** Whether a state that a Welcome brought is the one that a COMMIT leads to; anybody can give it the same id. */
export function isStateOf({ interims }: ForestNode, { interimTranscriptHash }: GroupState): boolean {
  return interims.has(toHex(interimTranscriptHash))
}

/** With what another COMMIT under the same id adds: its tags may be the good ones, and what follows may rest on them. */
export function withBody(node: ForestNode, { mls, interims }: ForestNode): ForestNode {
  const isKnown = node.bodies.some((body) => equalBytes(body, mls))
  const first = isKnown ? node.bodies : [...node.bodies, mls].sort(compareBytes).slice(0, MAX_BODIES)
  const bodies = first.includes(mls) ? first : node.bodies
  const leadsFurther = [...interims].some((interim) => !node.interims.has(interim))
  if (bodies === node.bodies && !leadsFurther) return node
  return { ...node, bodies, interims: leadsFurther ? new Set([...node.interims, ...interims]) : node.interims }
}

/** Whether nobody can tell yet what a commit leads to: it was not processed, or not with the body that is good. */
export function isUndecided({ standing }: ForestNode): boolean {
  return standing.kind === "open" || standing.kind === "damaged"
}

/** From `sid` up to the creation (or to the state that was joined), `sid` first. */
export function ancestry(forest: Forest, sid: StateId): ForestNode[] {
  const path: ForestNode[] = []
  for (let node = forest.get(sid); node !== undefined; node = forest.get(node.parent ?? "")) path.push(node)
  return path
}

/** Where the leaf that somebody has in a state was put into the tree; `undefined` for the creator's first one. */
export function additionOf(forest: Forest, sid: StateId, identity: IdentityId): ForestNode | undefined {
  return ancestry(forest, sid).find(({ added }) => added.includes(identity))
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
