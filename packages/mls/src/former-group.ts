import { equalBytes, toHex } from "@starling/kernel"
import { encode } from "@starling/wire"

import { writeCredential, type Credential } from "./credential.ts"
import { encodeExtensions } from "./extension.ts"
import type { GroupContext } from "./group-context.ts"
import { members, type GroupState } from "./group-state.ts"
import { isForFirstEpoch, type PreSharedKeyId, type PskSource } from "./pre-shared-key.ts"
import { leaves, type RatchetTree } from "./ratchet-tree.ts"
import { refuse } from "./refusal.ts"

/** How a group follows another (RFC 9420, 11.2 and 11.3). */
export type GroupLink = "reinit" | "branch"

/** A group that another one follows. */
export interface FormerGroup {
  /** In the epoch that the PSK is of: after a ReInit, the last one. */
  readonly state: GroupState
  /** Whether two credentials are of one member; unless given, those that are equal. */
  readonly isSameMember?: (former: Credential, present: Credential) => boolean
}

/** RFC 9420, 12.4.3.1: what a Welcome's PSKs say the group is to the `former` one. */
export function linkOf(ids: readonly PreSharedKeyId[], former: FormerGroup | undefined): GroupLink | undefined {
  const links = ids.filter(isForFirstEpoch)
  const [id] = links
  if (links.length > 1) refuse("invalid-psk", "12.4.3.1")
  if (id === undefined) return former === undefined ? undefined : refuse("former-group-mismatch", "11.2")
  if (id.kind !== "resumption" || id.usage === "application") throw new RangeError("a link is a resumption PSK")
  if (former === undefined) return refuse("former-group-missing", "12.4.3.1")
  const { groupId, epoch } = former.state
  if (!equalBytes(id.groupId, groupId) || id.epoch !== epoch) refuse("former-group-mismatch", "12.4.3.1")
  return id.usage
}

/** Knows the resumption PSK of the former group beside those of `source`. */
export function pskSourceAfter(former: FormerGroup | undefined, source: PskSource | undefined): PskSource {
  return (reference) => {
    const isFormer =
      former !== undefined &&
      reference.kind === "resumption" &&
      reference.epoch === former.state.epoch &&
      equalBytes(reference.groupId, former.state.groupId)
    return isFormer ? former.state.keys.resumption : source?.(reference)
  }
}

/** RFC 9420, 12.4.3.1: whether a new group is what the former one says it becomes, or a part of it. */
export function verifySuccession(former: FormerGroup, link: GroupLink, context: GroupContext, tree: RatchetTree): void {
  const { state, isSameMember } = former
  const section = link === "reinit" ? "11.2" : "11.3"
  if (context.epoch !== 1n) refuse("former-group-mismatch", section)
  const expected = link === "reinit" ? (state.reinit ?? refuse("former-group-mismatch", section)) : state
  if (context.version !== expected.version || context.ciphersuite !== expected.ciphersuite) {
    refuse("former-group-mismatch", section)
  }
  const before = members(state).map(({ credential }) => credential)
  const present = Array.from(leaves(tree.root), ({ node }) => node.credential)
  if (!areAmong(present, before, isSameMember && ((one, other) => isSameMember(other, one))))
    refuse("members-mismatch", section)
  if (link === "branch") return
  const sameGroup = equalBytes(context.groupId, expected.groupId)
  const sameExtensions = equalBytes(encodeExtensions(context.extensions), encodeExtensions(expected.extensions))
  if (!sameGroup || !sameExtensions) refuse("former-group-mismatch", section)
  if (!areAmong(before, present, isSameMember)) refuse("members-mismatch", section)
}

/**
 * Whether each of `some` is among `all`, on either side of the change: one for one as they are, unless the application
 * says who is the same member, who may then have come by several clients or gone on with fewer.
 */
function areAmong(
  some: readonly Credential[],
  all: readonly Credential[],
  isSame: ((one: Credential, other: Credential) => boolean) | undefined,
): boolean {
  const left = new Map<string, number>()
  for (const credential of all) left.set(keyOf(credential), (left.get(keyOf(credential)) ?? 0) + 1)
  return some.every((one) => {
    const count = left.get(keyOf(one)) ?? 0
    left.set(keyOf(one), count - 1)
    return count > 0 || (isSame !== undefined && all.some((other) => isSame(one, other)))
  })
}

function keyOf(credential: Credential): string {
  return toHex(encode((w) => writeCredential(w, credential)))
}
