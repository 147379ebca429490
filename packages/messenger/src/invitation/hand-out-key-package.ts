import type { Bytes } from "@starling/kernel"

import { clocksDiffer } from "../contacts/meet.ts"
import type { PeerId } from "../identity/peer-id.ts"
import { KEY_PACKAGE_LIFETIME, MAX_STRANGER_KEY_PACKAGES, RETENTION } from "../limits.ts"
import { okAnswer, refusedAnswer } from "../peer/answer-frame.ts"
import { keyPackageKey } from "../peer/persist.ts"
import type { Turn } from "../peer/turn.ts"
import { issueKeyPackage, type IssuedKeyPackage } from "./issued-key-package.ts"
import { decodeKeyPackageRequest, encodeKeyPackageAnswer } from "./key-package-frames.ts"

/** Answers a request for a KeyPackage: one outstanding to each peer, so that nobody can drain the pool of randomness. */
export function handOutKeyPackage(turn: Turn, payload: Uint8Array, from: PeerId): Bytes {
  const request = decodeKeyPackageRequest(payload)
  if (request.kind !== "ok") return refusedAnswer(request.kind)
  if (clocksDiffer(request.value.clock - turn.now)) return refusedAnswer("clock-differs")
  const keyPackage = outstanding(turn, from) ?? issueTo(turn, from)
  if (keyPackage === undefined) return refusedAnswer("exhausted")
  return okAnswer(encodeKeyPackageAnswer({ clock: turn.now, keyPackage: keyPackage.own.message }))
}

/** Lets go of KeyPackages that expired, and of used ones once no Welcome of a concurrent commit can come any more. */
export function pruneKeyPackages(turn: Turn): void {
  const { keyPackages, invitations } = turn.state.durable
  const kept = [...keyPackages].filter(([, { used, issuedAt }]) => {
    const age = turn.now - issuedAt
    return used ? age < RETENTION || invitations.size > 0 : age < KEY_PACKAGE_LIFETIME
  })
  if (kept.length < keyPackages.size) turn.setDurable({ keyPackages: new Map(kept) })
}

function outstanding(turn: Turn, from: PeerId): IssuedKeyPackage | undefined {
  return [...turn.state.durable.keyPackages.values()].find(
    ({ peerId, used, issuedAt }) => peerId === from && !used && turn.now - issuedAt < KEY_PACKAGE_LIFETIME / 2,
  )
}

function issueTo(turn: Turn, from: PeerId): IssuedKeyPackage | undefined {
  const friends = new Set([...turn.state.durable.contacts.values()].map(({ device }) => device.peerId))
  const strangers = [...turn.state.durable.keyPackages.values()].filter(({ peerId }) => !friends.has(peerId))
  if (!friends.has(from) && strangers.length >= MAX_STRANGER_KEY_PACKAGES) return undefined
  const issued = issueKeyPackage(turn.env.mls, turn.own, from, turn.now)
  const keyPackages = new Map(turn.state.durable.keyPackages).set(keyPackageKey(issued.own.reference), issued)
  turn.setDurable({ keyPackages })
  return issued
}
