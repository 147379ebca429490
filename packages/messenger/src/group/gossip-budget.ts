import type { Milliseconds } from "@starling/kernel"
import type { CryptoProvider } from "@starling/mls"

import type { DeviceKey } from "../identity/device-certificate.ts"
import { GOSSIPED_MESSAGES, GOSSIPED_RECORDS } from "../limits.ts"
import { decodeSealedMessage } from "../message/sealed-message.ts"
import { decodeRecord } from "../record/record.ts"
import type { PublishedKind } from "./envelope.ts"

/**
 * What authors have used up of what gossip may bring of theirs. Only what was verified to be an author's own is charged to it,
 * so that nobody can use up somebody else's. What is beyond the budget is not lost: sync brings it, many at a time.
 */
export type GossipSpent = ReadonlyMap<string, { readonly spent: number; readonly at: Milliseconds }>

const BUDGETS = { msg: GOSSIPED_MESSAGES, upd: GOSSIPED_RECORDS }

/** Whether there is room for what this payload, which may be anybody's, says to be the author of. */
export function isWithinBudget(
  crypto: CryptoProvider,
  spent: GossipSpent,
  kind: PublishedKind,
  payload: Uint8Array,
  now: Milliseconds,
): boolean {
  if (spent.size === 0) return true
  const author = authorOf(crypto, kind, payload)
  return author === undefined || left(spent, kind, author, now) >= 1
}

export function charge(spent: GossipSpent, kind: PublishedKind, author: DeviceKey, now: Milliseconds): GossipSpent {
  const { burst } = BUDGETS[kind]
  return new Map(spent).set(entry(kind, author), { spent: burst - left(spent, kind, author, now) + 1, at: now })
}

function left(spent: GossipSpent, kind: PublishedKind, author: DeviceKey, now: Milliseconds): number {
  const { burst, perSecond } = BUDGETS[kind]
  const before = spent.get(entry(kind, author))
  if (before === undefined) return burst
  return Math.min(burst, burst - before.spent + (Math.max(0, now - before.at) / 1000) * perSecond)
}

function entry(kind: PublishedKind, author: DeviceKey): string {
  return `${kind} ${author}`
}

function authorOf(crypto: CryptoProvider, kind: PublishedKind, payload: Uint8Array): DeviceKey | undefined {
  if (kind === "upd") {
    const record = decodeRecord(crypto, payload)
    return record.kind === "ok" ? record.value.author : undefined
  }
  const message = decodeSealedMessage(payload)
  return message.kind === "ok" ? message.value.device : undefined
}
