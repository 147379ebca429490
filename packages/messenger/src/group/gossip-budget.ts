import type { Milliseconds } from "@starling/kernel"
import type { CryptoProvider } from "@starling/mls"

import type { DeviceKey } from "../identity/device-certificate.ts"
import { GOSSIPED_MESSAGES, GOSSIPED_RECORDS } from "../limits.ts"
import { decodeSealedMessage, type SealedMessage } from "../message/sealed-message.ts"
import type { GossipVerdict } from "../ports/transport.ts"
import { decodeRecord, verifyRecord, type LoggedRecord } from "../record/record.ts"
import type { PublishedKind } from "./envelope.ts"
import type { Group } from "./group.ts"

/**
 * What authors have used up of what gossip may bring of theirs. Only what was verified to be an author's own is charged to it,
 * so that nobody can use up somebody else's. What is beyond the budget is not lost: sync brings it, many at a time.
 */
export type GossipSpent = ReadonlyMap<string, { readonly spent: number; readonly at: Milliseconds }>

const BUDGETS = { msg: GOSSIPED_MESSAGES, upd: GOSSIPED_RECORDS }

/** Pays for whatever is by nobody whom this device knows of: by newcomers, newer versions, and names that somebody makes up. */
const NOBODY = "nobody"

/**
 * What becomes of a payload that somebody with the era's key has sealed, whoever that was. Rubbish counts against who passed it on,
 * since nobody who judges it so does that; what is beyond the budget of its author is not passed on.
 */
export function judgePayload(
  crypto: CryptoProvider,
  { membership: { vouched } }: Pick<Group, "membership">,
  spent: GossipSpent,
  kind: PublishedKind,
  payload: Uint8Array,
  now: Milliseconds,
): GossipVerdict {
  const decoded = kind === "upd" ? decodeRecord(crypto, payload) : decodeSealedMessage(payload)
  if (decoded.kind === "malformed") return "reject"
  const author = decoded.kind === "ok" ? authorOf(decoded.value) : NOBODY
  const isKnown = vouched.has(author)
  if (left(spent, kind, isKnown ? author : NOBODY, now) < 1) return "ignore"
  const isForged =
    isKnown && decoded.kind === "ok" && "signature" in decoded.value && !verifyRecord(crypto, decoded.value)
  return isForged ? "reject" : "accept"
}

/** Charges what has come to its author; where nobody answers for that one, or it can't be read, to all such together. */
export function chargeFor(
  spent: GossipSpent,
  { membership: { vouched } }: Pick<Group, "membership">,
  kind: PublishedKind,
  author: DeviceKey | undefined,
  now: Milliseconds,
): GossipSpent {
  return charge(spent, kind, author !== undefined && vouched.has(author) ? author : NOBODY, now)
}

function charge(spent: GossipSpent, kind: PublishedKind, author: string, now: Milliseconds): GossipSpent {
  const { burst } = BUDGETS[kind]
  return new Map(spent).set(entry(kind, author), { spent: burst - left(spent, kind, author, now) + 1, at: now })
}

function left(spent: GossipSpent, kind: PublishedKind, author: string, now: Milliseconds): number {
  const { burst, perSecond } = BUDGETS[kind]
  const before = spent.get(entry(kind, author))
  if (before === undefined) return burst
  return Math.min(burst, burst - before.spent + (Math.max(0, now - before.at) / 1000) * perSecond)
}

function entry(kind: PublishedKind, author: string): string {
  return `${kind} ${author}`
}

function authorOf(value: LoggedRecord | SealedMessage): DeviceKey {
  return "signature" in value ? value.author : value.device
}
