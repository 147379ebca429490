import { assertNever } from "@starling/kernel"

import type { IdentityId } from "../identity/identity-id.ts"
import type { Policy, Role } from "../record/operation.ts"
import { depthOf, precedes, type CausalPasts } from "./causal-past.ts"
import type { KnownOperation, Operations } from "./membership.ts"

/** What whose word is worth, at any operation and by now. */
export interface Authority {
  /** By now; who is not in it is a member. */
  readonly roles: ReadonlyMap<IdentityId, Role>
  readonly policy: Policy
  /** Whether the author was entitled to it by what it knew: said once for all, since what it knew is part of it. */
  readonly permits: (op: KnownOperation) => boolean
  /** Whether it was, and lost that to nothing concurrent. */
  readonly entitles: (op: KnownOperation) => boolean
}

const HEIGHTS = { member: 0, admin: 1, owner: 2 } as const satisfies Record<Role, number>

/**
 * The first owner is the creator. Owners give and take roles, except another owner's, and set the policy; admins, or everyone,
 * invite and remove as the policy has it, and where only admins remove, only somebody of a lower role. Among concurrent words
 * about one's role the least counts while they last. `standing` leaves out what a removal of its author voids.
 */
export function resolveAuthority(
  operations: Operations,
  pasts: CausalPasts,
  creator: IdentityId,
  founded: Policy,
  standing: (op: KnownOperation) => boolean,
): Authority {
  const accepted: KnownOperation[] = []
  const known = (op: KnownOperation): KnownOperation[] => accepted.filter(({ hash }) => precedes(pasts, hash, op.hash))
  const roleAt = (op: KnownOperation, identity: IdentityId): Role => lastRole(known(op), identity, creator)
  const policyAt = (op: KnownOperation): Policy => lastPolicy(known(op), founded)
  for (const op of inOrder(operations, pasts)) {
    const [{ change }, isOwner] = [op, roleAt(op, op.author) === "owner"]
    const isOwn = change.kind === "role" && change.identity === op.author
    const isAnothers = change.kind === "role" && !isOwn && roleAt(op, change.identity) === "owner"
    if (isOwner && !isAnothers && standing(op)) accepted.push(op)
  }
  const lasting = (op: KnownOperation): Role => {
    const concurrent = accepted.filter(
      ({ hash, change }) =>
        change.kind === "role" &&
        change.identity === op.author &&
        hash !== op.hash &&
        !precedes(pasts, hash, op.hash) &&
        !precedes(pasts, op.hash, hash),
    )
    const roles = concurrent.flatMap(({ change }) => (change.kind === "role" ? [change.role] : []))
    return roles.reduce((least, role) => (HEIGHTS[role] < HEIGHTS[least] ? role : least), roleAt(op, op.author))
  }
  const allows = (op: KnownOperation, role: Role): boolean => {
    if (pasts.get(op.hash)?.complete !== true) return false
    switch (op.change.kind) {
      case "add":
        return isRejoin(operations, op) || mayInvite(policyAt(op), role)
      case "remove":
        return mayRemove(policyAt(op), role, roleAt(op, op.change.identity))
      case "role":
      case "policy":
        return accepted.includes(op)
      case "leave":
        return true
      default:
        return assertNever(op.change)
    }
  }
  const permits = (op: KnownOperation): boolean => allows(op, roleAt(op, op.author))
  const entitles = (op: KnownOperation): boolean => allows(op, lasting(op))
  return { roles: rolesAfter(accepted, creator), policy: lastPolicy(accepted, founded), permits, entitles }
}

export function mayInvite({ invite }: Policy, role: Role): boolean {
  return invite === "everyone" || role !== "member"
}

export function mayRemove({ remove }: Policy, role: Role, subject: Role): boolean {
  return remove === "everyone" || HEIGHTS[role] > HEIGHTS[subject]
}

/** A device that could not follow asks for a new leaf: it leaves and adds itself in one step. */
function isRejoin(operations: Operations, { author, change, previous }: KnownOperation): boolean {
  const isOwn = change.kind === "add" && change.device.identity === author
  return isOwn && operations.get(previous ?? "")?.change.kind === "leave"
}

/** What is about roles and policy, each after what its author knew. */
function inOrder(operations: Operations, pasts: CausalPasts): KnownOperation[] {
  return [...operations.values()]
    .filter(({ change }) => change.kind === "role" || change.kind === "policy")
    .sort((a, b) => depthOf(pasts, a.hash) - depthOf(pasts, b.hash) || (a.hash < b.hash ? -1 : 1))
}

function rolesAfter(accepted: readonly KnownOperation[], creator: IdentityId): Map<IdentityId, Role> {
  const roles = new Map<IdentityId, Role>([[creator, "owner"]])
  for (const { change } of accepted) if (change.kind === "role") roles.set(change.identity, change.role)
  return roles
}

function lastRole(accepted: readonly KnownOperation[], identity: IdentityId, creator: IdentityId): Role {
  return rolesAfter(accepted, creator).get(identity) ?? "member"
}

function lastPolicy(accepted: readonly KnownOperation[], founded: Policy): Policy {
  const last = accepted.findLast(({ change }) => change.kind === "policy")
  return last?.change.kind === "policy" ? last.change.policy : founded
}
