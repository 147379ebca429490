import type { IdentityId } from "../identity/identity-id.ts"
import { MAX_ANCHORS_OF_EQUALS } from "../limits.ts"
import { roleOf, type Membership } from "./membership.ts"

/**
 * Whose word weighs first where commits compete: the owners and admins among `present`, or where members are equals (or no
 * admin is there) the few who have been wanted the longest.
 */
export function anchorsAmong(membership: Membership, present: ReadonlySet<IdentityId>): ReadonlySet<IdentityId> {
  const leading = [...present].filter((identity) => roleOf(membership, identity) !== "member")
  if (membership.policy.remove === "admins" && leading.length > 0) return new Set(leading)
  const seniority = (identity: IdentityId): number => membership.seniority.get(identity) ?? Number.MAX_SAFE_INTEGER
  const eldest = [...present].sort((a, b) => seniority(a) - seniority(b) || (a < b ? -1 : 1))
  return new Set(eldest.slice(0, MAX_ANCHORS_OF_EQUALS))
}
