import type { Milliseconds } from "@starling/kernel"
import type { CryptoProvider } from "@starling/mls"

import type { IdentityId } from "../identity/identity-id.ts"
import { DAY, LOG_HORIZON, MAX_HEAL_PERIOD_DAYS } from "../limits.ts"
import type { StateId } from "../record/operation.ts"
import { rank } from "./choose-commit.ts"

/**
 * When a member renews its keys without being asked. Each period is cut into as many slots as there are members, each
 * member has one of them, and renews at some point of its first half: so that, of all members with one period, no two
 * renew within half a slot of each other. A member that never renewed does so within a day, in the same order.
 */
export interface Calendar {
  readonly period: Milliseconds
  /** Periods are counted from here: the group's creation. */
  readonly since: Milliseconds
  readonly members: number
  /** This member's, from 0. */
  readonly place: number
}

/** The members in the order of their slots: drawn once for each group, so that nobody chooses a place. */
export function calendarOrder(
  crypto: CryptoProvider,
  creation: StateId,
  identities: Iterable<IdentityId>,
): readonly IdentityId[] {
  const places = Array.from(identities, (identity) => ({ identity, place: rank(crypto, creation, 0, identity) }))
  return places.sort((a, b) => (a.place < b.place ? -1 : 1)).map(({ identity }) => identity)
}

/**
 * When to renew next. `point` draws from 0 up to `below` for a slot; a slot that begins within a quarter of the period
 * after the last renewal is left out, since a change of the members moves them.
 */
export function plannedHeal(
  calendar: Calendar,
  keys: { readonly enteredAt: Milliseconds; readonly renewedAt: Milliseconds | undefined },
  point: (slot: number, below: Milliseconds) => Milliseconds,
): Milliseconds {
  const { enteredAt, renewedAt } = keys
  const round =
    renewedAt === undefined ? { ...calendar, period: Math.min(DAY, calendar.period), since: enteredAt } : calendar
  const earliest = renewedAt === undefined ? enteredAt : renewedAt + round.period / 4
  const { slot, start } = slotFrom(round, earliest)
  return start + point(slot, slotLength(round) / 2)
}

/**
 * The period in which a device renews whose log has room for so many commits: the one that was chosen, or as many of them as it takes
 * for the log to last, up to a month. With the log ends all renewal, until an admin invites its person anew.
 */
export function stretched(period: Milliseconds, commits: number): Milliseconds {
  const most = Math.max(1, Math.floor((MAX_HEAL_PERIOD_DAYS * DAY) / period))
  return period * Math.min(most, Math.max(1, Math.ceil(LOG_HORIZON / (period * Math.max(1, commits)))))
}

export function slotLength({ period, members }: Calendar): Milliseconds {
  return period / Math.max(1, members)
}

/** The member's first slot that begins at `earliest` or later. */
function slotFrom(calendar: Calendar, earliest: Milliseconds): { readonly slot: number; readonly start: Milliseconds } {
  const { period, since, place } = calendar
  const first = since + slotLength(calendar) * place
  const slot = Math.max(0, Math.ceil((earliest - first) / period))
  return { slot, start: first + slot * period }
}
