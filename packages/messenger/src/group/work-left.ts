import type { IdentityId } from "../identity/identity-id.ts"
import type { Device } from "../identity/device-certificate.ts"
import type { RecordHash } from "../record/record.ts"
import { MAX_REMOVALS } from "../limits.ts"
import { bearerOf } from "./bearers.ts"
import { precedes } from "./causal-past.ts"
import { additionOf, ancestry, stateOf } from "./forest-node.ts"
import type { Group } from "./group.ts"
import { roleOf, standingOut, subjectOf, type KnownOperation } from "./membership.ts"
import { mayRemove } from "./roles.ts"
import { identitiesOf } from "./roster.ts"
import { isDisplaced } from "./tips.ts"

/** What the next commit has to bring about for the tree to be what the operations ask for. */
export interface WorkLeft {
  readonly removals: readonly Removal[]
  readonly additions: readonly Addition[]
  /** Own keys are to be renewed: asked for and not done, or done on a branch that was not chosen. */
  readonly healing: "no" | "wanted" | "lost"
}
export interface Removal {
  readonly leafIndex: number
  readonly identity: IdentityId
  /** None for somebody whose addition became void: who commits then asks for the removal. */
  readonly op: RecordHash | undefined
  /** This identity asked for it. */
  readonly own: boolean
}
export interface Addition {
  readonly device: Device
  readonly name: string
  readonly op: RecordHash | undefined
  readonly own: boolean
}

const NONE: WorkLeft = { removals: [], additions: [], healing: "no" }

/**
 * Nothing while this device is no member in force, or waits to be added: to the chosen branch, or anew after it was
 * removed and wanted back. Its commits would count for nothing.
 */
export function workLeft(group: Group, self: IdentityId): WorkLeft {
  const live = group.forest.get(group.live)
  if (group.phase !== "active" || isDisplaced(group) || live === undefined || stateOf(live) === undefined) return NONE
  if (!group.membership.desired.has(self) || isWaitingForNewLeaf(group, self)) return NONE
  const { desired } = group.membership
  const present = identitiesOf(live.roster)
  return {
    removals: live.roster
      .flatMap((device, leafIndex): Removal[] => {
        if (device === undefined) return []
        const op = reasonToRemove(group, device.identity, self)
        if (op === undefined && !mayRemoveNow(group, self, device.identity)) return []
        return op === "none" ? [] : [{ leafIndex, identity: device.identity, op: op?.hash, own: op?.author === self }]
      })
      .slice(0, MAX_REMOVALS),
    additions: [...desired].flatMap(([identity, { device, name, add }]): Addition[] => {
      const bearer = bearerOf(group, device.device)
      if (present.has(identity) || (bearer !== undefined && bearer !== identity)) return []
      const own = add !== undefined && group.operations.get(add)?.author === self
      return [{ device, name, op: add, own }]
    }),
    healing: healingLeft(group),
  }
}

/**
 * Why a member's leaf must go: they are wanted no more, or they are wanted again after they were out, and the leaf is
 * still the old one, whose keys they may have deleted. `undefined` where no operation says so, but an addition is void.
 */
function reasonToRemove(
  group: Group,
  identity: IdentityId,
  self: IdentityId,
  tip = group.live,
): KnownOperation | "none" | undefined {
  const { membership, operations } = group
  if (!membership.desired.has(identity)) return standingOut(membership, operations, identity, self)
  const addedAt = additionOf(group.forest, tip, identity)
  const cited = addedAt?.ops.find((hash) => isAddition(operations.get(hash), identity))
  const outs = [...membership.removals, ...membership.leaves].filter((op) => subjectOf(op) === identity)
  return outs.find(({ hash }) => !precedes(membership.pasts, hash, cited ?? "")) ?? "none"
}

function mayRemoveNow({ membership }: Group, self: IdentityId, identity: IdentityId): boolean {
  return mayRemove(membership.policy, roleOf(membership, self), roleOf(membership, identity))
}

/** True where this identity is wanted, and its leaf in the live state, or another one, is one that others are to renew. */
export function isWaitingForNewLeaf(group: Group, self: IdentityId, sid = group.live): boolean {
  return reasonToRemove(group, self, self, sid) !== "none"
}

function isAddition(op: KnownOperation | undefined, identity: IdentityId): boolean {
  return op?.change.kind === "add" && subjectOf(op) === identity
}

function healingLeft(group: Group): WorkLeft["healing"] {
  const { healing } = group
  if (healing === undefined) return "no"
  if (healing.kind === "wanted") return "wanted"
  return ancestry(group.forest, group.live).some(({ sid }) => sid === healing.sid) ? "no" : "lost"
}
