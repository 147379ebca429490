import { assertNever } from "@starling/kernel"

import type { IdentityId } from "../identity/identity-id.ts"
import type { Policy, Role } from "../record/operation.ts"
import type { RecordHash } from "../record/record.ts"
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
  /** Somebody's role by what the author of an operation knew. */
  readonly roleAt: (op: KnownOperation, identity: IdentityId) => Role
}

const HEIGHTS = { member: 0, admin: 1, owner: 2 } as const satisfies Record<Role, number>

/**
 * The first owner is the creator. Owners give and take roles, except another owner's, and set the policy; admins, or everyone,
 * invite and remove as the policy has it, and where only admins remove, only somebody of a lower role. Of concurrent words about
 * one's role the least counts, until an owner who knows of them says another. A word about somebody's role counts against what
 * is concurrent with it too: nobody acts on a role that they were losing, or against one that another was given. `standing`
 * leaves out what a removal of its author voids.
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
  const roleAt = (op: KnownOperation, identity: IdentityId): Role => roleAfter(known(op), pasts, identity, creator)
  const policyAt = (op: KnownOperation): Policy => lastPolicy(known(op), founded)
  for (const op of inOrder(operations, pasts)) {
    const [{ change }, isOwner] = [op, roleAt(op, op.author) === "owner"]
    const isOwn = change.kind === "role" && change.identity === op.author
    const isAnothers = change.kind === "role" && !isOwn && roleAt(op, change.identity) === "owner"
    if (isOwner && !isAnothers && standing(op)) accepted.push(op)
  }
  const concurrent = (op: KnownOperation, identity: IdentityId): Role[] =>
    accepted.flatMap(({ hash, change }) => {
      if (change.kind !== "role" || change.identity !== identity || hash === op.hash) return []
      return precedes(pasts, hash, op.hash) || precedes(pasts, op.hash, hash) ? [] : [change.role]
    })
  const allows = (op: KnownOperation, role: Role, roleOfSubject: (identity: IdentityId) => Role): boolean => {
    switch (op.change.kind) {
      case "add":
        return isRejoin(operations, op) || mayInvite(policyAt(op), role)
      case "remove":
        return mayRemove(policyAt(op), role, roleOfSubject(op.change.identity))
      case "role":
      case "policy":
        return accepted.includes(op)
      case "leave":
        return true
      default:
        return assertNever(op.change)
    }
  }
  const isComplete = ({ hash, change }: KnownOperation): boolean =>
    change.kind === "leave" || pasts.get(hash)?.complete === true
  const permits = (op: KnownOperation): boolean =>
    isComplete(op) && allows(op, roleAt(op, op.author), (identity) => roleAt(op, identity))
  const entitles = (op: KnownOperation): boolean =>
    isComplete(op) &&
    allows(op, least([roleAt(op, op.author), ...concurrent(op, op.author)]), (identity) =>
      greatest([roleAt(op, identity), ...concurrent(op, identity)]),
    )
  const named = accepted.flatMap(({ change }) => (change.kind === "role" ? [change.identity] : []))
  const roles = new Map(
    [creator, ...named].map((identity) => [identity, roleAfter(accepted, pasts, identity, creator)] as const),
  )
  return { roles, policy: lastPolicy(accepted, founded), permits, entitles, roleAt }
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

/** What is about roles and policy and rests on nothing that is still to come, each after what its author knew. */
function inOrder(operations: Operations, pasts: CausalPasts): KnownOperation[] {
  return [...operations.values()]
    .filter(({ change, hash }) => (change.kind === "role" || change.kind === "policy") && pasts.get(hash)?.complete)
    .sort((a, b) => depthOf(pasts, a.hash) - depthOf(pasts, b.hash) || (a.hash < b.hash ? -1 : 1))
}

/** By the words that no later one knew of; `accepted` in order. */
function roleAfter(
  accepted: readonly KnownOperation[],
  pasts: CausalPasts,
  identity: IdentityId,
  creator: IdentityId,
): Role {
  const last: RecordHash[] = []
  const roles: Role[] = []
  for (const { hash, change } of accepted.toReversed()) {
    if (change.kind !== "role" || change.identity !== identity) continue
    if (last.some((later) => precedes(pasts, hash, later))) continue
    last.push(hash)
    roles.push(change.role)
  }
  return roles.length === 0 ? (identity === creator ? "owner" : "member") : least(roles)
}

function least(roles: readonly Role[]): Role {
  return roles.reduce((one, other) => (HEIGHTS[other] < HEIGHTS[one] ? other : one))
}

function greatest(roles: readonly Role[]): Role {
  return roles.reduce((one, other) => (HEIGHTS[other] > HEIGHTS[one] ? other : one))
}

function lastPolicy(accepted: readonly KnownOperation[], founded: Policy): Policy {
  const last = accepted.findLast(({ change }) => change.kind === "policy")
  return last?.change.kind === "policy" ? last.change.policy : founded
}
