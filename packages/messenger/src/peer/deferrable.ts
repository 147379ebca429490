import type { Group, SentMessage } from "../group/group.ts"
import type { DurableState } from "./state.ts"

/**
 * Whether the change may reach the disk later than what follows from it: nothing of it is a secret, a promise or the only
 * copy of something. That is how far own messages have come and who was heard of, which the next exchanges tell again,
 * and what was looked at.
 */
export function isDeferrable(before: DurableState, after: DurableState): boolean {
  if (!isSame(before, { ...after, groups: before.groups })) return false
  if (before.groups.size !== after.groups.size) return false
  return [...after.groups].every(([uuid, group]) => {
    const known = before.groups.get(uuid)
    return known !== undefined && sameForGood(known, group)
  })
}

function sameForGood(before: Group, after: Group): boolean {
  if (before === after) return true
  const { acks, seen, unread, sent, delivery } = before
  const told = { acks, seen, unread, sent, delivery }
  return (
    isSame(before, { ...after, ...told }) &&
    sameMessages(sent, after.sent) &&
    delivery.mailboxes === after.delivery.mailboxes
  )
}

function sameMessages(before: readonly SentMessage[], after: readonly SentMessage[]): boolean {
  if (before === after) return true
  if (before.length !== after.length) return false
  return before.every((sent, i) => sent === after[i] || isSame(sent, { ...sent, ...after[i], reached: sent.reached }))
}

function isSame<T extends object>(one: T, other: T): boolean {
  for (const key in one) if (one[key] !== other[key]) return false
  return true
}
