import type { Milliseconds } from "@starling/kernel"

import type { IdentityId } from "../identity/identity-id.ts"
import { DAY, REJOIN_PAUSE, RENEWALS_AT_ONCE } from "../limits.ts"
import { ancestry } from "./forest-node.ts"
import type { Group } from "./group.ts"

/**
 * From when on a member's leaf is renewed at that member's own word: at once a few times, and from then on after a pause that
 * doubles with each time that it was done within a day. Whoever asks for ever has the others commit a few times a day.
 */
export function renewableAt(group: Group, identity: IdentityId, now: Milliseconds): Milliseconds {
  const additions = ancestry(group.forest, group.live).filter(({ added }) => added.includes(identity))
  const renewals = additions.slice(0, -1).filter(({ placedAt }) => placedAt > now - DAY)
  const [last] = renewals
  if (last === undefined || renewals.length < RENEWALS_AT_ONCE) return now
  return last.placedAt + Math.min(DAY, REJOIN_PAUSE * 2 ** (renewals.length - RENEWALS_AT_ONCE))
}
