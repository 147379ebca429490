import type { Bytes } from "@starling/kernel"
import type { MlsContext } from "@starling/mls"

import { clocksDiffer } from "../contacts/meet.ts"
import type { PeerId } from "../identity/peer-id.ts"
import {
  DAY,
  KEY_PACKAGE_LIFETIME,
  MAX_KEY_PACKAGES_PER_DAY,
  MAX_STRANGER_KEY_PACKAGES,
  RETENTION,
  STRANGER_PATIENCE,
} from "../limits.ts"
import { okAnswer, refusedAnswer } from "../peer/answer-frame.ts"
import { keyPackageKey } from "../peer/persist.ts"
import type { Turn } from "../peer/turn.ts"
import { issueKeyPackage, type IssuedKeyPackage, type Purpose } from "./issued-key-package.ts"
import { decodeKeyPackageRequest, encodeKeyPackageAnswer } from "./key-package-frames.ts"

/**
 * Answers a request for a KeyPackage: one outstanding to each peer in each suite, and a few a day, so that nobody can drain the pool of
 * randomness.
 */
export function handOutKeyPackage(turn: Turn, payload: Uint8Array, from: PeerId): Bytes {
  const request = decodeKeyPackageRequest(payload)
  if (request.kind !== "ok") return refusedAnswer(request.kind)
  if (clocksDiffer(request.value.clock - turn.now)) return refusedAnswer("clock-differs")
  const mls = turn.env.suites.of(request.value.suite)
  if (mls === undefined) return refusedAnswer("unknown-suite")
  const keyPackage = outstanding(turn, from, request.value.suite) ?? issueTo(turn, from, mls, "asked")
  if (keyPackage === undefined) return refusedAnswer("exhausted")
  return okAnswer(encodeKeyPackageAnswer({ clock: turn.now, keyPackage: keyPackage.own.message }))
}

/** A new KeyPackage for a peer; `undefined` where it has had those of today, or strangers hold all that are for them. */
export function issueTo(turn: Turn, peerId: PeerId, mls: MlsContext, purpose: Purpose): IssuedKeyPackage | undefined {
  let ofToday = 0
  for (const issued of turn.state.durable.keyPackages.values())
    if (issued.peerId === peerId && turn.now - issued.issuedAt < DAY) ofToday++
  if (ofToday >= MAX_KEY_PACKAGES_PER_DAY) return undefined
  if (!isContact(turn, peerId) && !makeRoom(turn)) return undefined
  const issued = issueKeyPackage(mls, turn.own, peerId, turn.now, purpose)
  const keyPackages = new Map(turn.state.durable.keyPackages).set(keyPackageKey(issued.own.reference), issued)
  turn.setDurable({ keyPackages })
  return issued
}

export function isContact(turn: Turn, peerId: PeerId): boolean {
  return [...turn.state.durable.contacts.values()].some(({ device }) => device.peerId === peerId)
}

/** Lets go of KeyPackages that expired, and of used ones once no Welcome of a concurrent commit can come any more. */
export function pruneKeyPackages(turn: Turn): void {
  const { keyPackages, invitations } = turn.state.durable
  const waiting = new Set([...invitations.values()].flatMap((held) => held.welcomes.map((each) => each.keyPackage)))
  const kept = [...keyPackages].filter(([key, { issuedAt, spentAt }]) =>
    spentAt === undefined
      ? turn.now - issuedAt < KEY_PACKAGE_LIFETIME
      : turn.now - spentAt < RETENTION || waiting.has(key),
  )
  if (kept.length < keyPackages.size) turn.setDurable({ keyPackages: new Map(kept) })
}

function outstanding(turn: Turn, from: PeerId, suite: number): IssuedKeyPackage | undefined {
  return [...turn.state.durable.keyPackages.values()].find(
    ({ own, peerId, purpose, served, issuedAt }) =>
      peerId === from &&
      purpose === "asked" &&
      own.keyPackage.ciphersuite === suite &&
      served.length === 0 &&
      turn.now - issuedAt < KEY_PACKAGE_LIFETIME / 2,
  )
}

/** False where strangers hold all that are for them, and each of those was given out just now. */
function makeRoom(turn: Turn): boolean {
  const friends = new Set([...turn.state.durable.contacts.values()].map(({ device }) => device.peerId))
  const unused = [...turn.state.durable.keyPackages]
    .filter(([, { peerId, served }]) => served.length === 0 && !friends.has(peerId))
    .sort(([, a], [, b]) => a.issuedAt - b.issuedAt)
  const [oldest] = unused
  if (oldest === undefined || unused.length < MAX_STRANGER_KEY_PACKAGES) return true
  const [key, { issuedAt }] = oldest
  if (turn.now - issuedAt < STRANGER_PATIENCE) return false
  const keyPackages = new Map(turn.state.durable.keyPackages)
  keyPackages.delete(key)
  turn.setDurable({ keyPackages })
  return true
}
