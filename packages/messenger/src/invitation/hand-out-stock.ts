import type { Bytes } from "@starling/kernel"
import type { MlsContext } from "@starling/mls"

import { clocksDiffer } from "../contacts/meet.ts"
import type { PeerId } from "../identity/peer-id.ts"
import { KEY_PACKAGE_LIFETIME, MAX_AHEAD, STOCK, STOCK_OF_STRANGER } from "../limits.ts"
import { okAnswer, refusedAnswer } from "../peer/answer-frame.ts"
import type { Turn } from "../peer/turn.ts"
import { isContact, issueTo } from "./hand-out-key-package.ts"
import type { IssuedKeyPackage } from "./issued-key-package.ts"
import { decodeStockRequest, encodeStockAnswer } from "./stock-frames.ts"

/**
 * Fills up what a peer holds of this device's KeyPackages, so that it can invite while this device is away: a few for one
 * invitation each, and to a contact one of last resort.
 */
export function handOutStock(turn: Turn, payload: Uint8Array, from: PeerId): Bytes {
  const request = decodeStockRequest(payload)
  if (request.kind !== "ok") return refusedAnswer(request.kind)
  const { clock, suite } = request.value
  if (clocksDiffer(clock - turn.now)) return refusedAnswer("clock-differs")
  const mls = turn.env.suites.of(suite)
  if (mls === undefined) return refusedAnswer("unknown-suite")
  const held = new Set(request.value.held)
  forgetUnused(turn, from, held)
  const good = issued(turn, from, suite).filter(([key, each]) => held.has(key) && isGood(turn, each))
  const lacking = (isContact(turn, from) ? STOCK : STOCK_OF_STRANGER) - good.filter(isAhead).length
  const single = Array.from({ length: Math.max(0, lacking) }, () => issueTo(turn, from, mls, "ahead"))
  const needsLastResort = isContact(turn, from) && good.every(isAhead)
  const lastResort = needsLastResort ? issueLastResort(turn, from, suite, mls) : undefined
  return okAnswer(
    encodeStockAnswer({
      clock: turn.now,
      single: single.flatMap((each) => each?.own.message ?? []),
      lastResort: lastResort?.own.message,
    }),
  )
}

type Issued = readonly [key: string, IssuedKeyPackage]

function issued(turn: Turn, peerId: PeerId, suite?: number): Issued[] {
  return [...turn.state.durable.keyPackages].filter(
    ([, each]) => each.peerId === peerId && (suite === undefined || each.own.keyPackage.ciphersuite === suite),
  )
}

function isGood(turn: Turn, { served, issuedAt }: IssuedKeyPackage): boolean {
  return served.length === 0 && turn.now - issuedAt < KEY_PACKAGE_LIFETIME / 2
}

function isAhead([, { purpose }]: Issued): boolean {
  return purpose === "ahead"
}

/** The former one goes once no Welcome for it can be on its way any more. */
function issueLastResort(turn: Turn, peerId: PeerId, suite: number, mls: MlsContext): IssuedKeyPackage | undefined {
  const former = issued(turn, peerId, suite).filter(([, { purpose }]) => purpose === "last-resort")
  const next = issueTo(turn, peerId, mls, "last-resort")
  if (next === undefined) return undefined
  const keyPackages = new Map(turn.state.durable.keyPackages)
  for (const [key, each] of former) keyPackages.set(key, { ...each, spentAt: each.spentAt ?? turn.now })
  turn.setDurable({ keyPackages })
  return next
}

/** What the peer neither holds nor was seen to use may be on its way in a Welcome; of too many the oldest are not. */
function forgetUnused(turn: Turn, peerId: PeerId, held: ReadonlySet<string>): void {
  const unseen = issued(turn, peerId)
    .filter((each) => isAhead(each) && each[1].served.length === 0 && !held.has(each[0]))
    .sort(([, a], [, b]) => b.issuedAt - a.issuedAt)
    .slice(MAX_AHEAD)
  if (unseen.length === 0) return
  const keyPackages = new Map(turn.state.durable.keyPackages)
  for (const [key] of unseen) keyPackages.delete(key)
  turn.setDurable({ keyPackages })
}
