import { toHex, type Milliseconds } from "@starling/kernel"
import { join, welcomeReferences, type CryptoProvider, type GroupState } from "@starling/mls"

import { beginEra, eraOf } from "../group/era.ts"
import { isStateOf, NO_BODY, stateOf, type ForestNode } from "../group/forest-node.ts"
import {
  decodeFounding,
  decodeJoining,
  encodeFounding,
  findExtension,
  FOUNDING_EXTENSION,
  JOINING_EXTENSION,
  type Founding,
  type Joining,
} from "../group/group-extensions.ts"
import { stateIdOf, uuidOf } from "../group/group-id.ts"
import { isRosterOf, rosterOf } from "../group/roster.ts"
import { readDevice, type Device } from "../identity/device-certificate.ts"
import { MAX_KEY_PACKAGE_USES, MAX_LAST_RESORT_USES } from "../limits.ts"
import type { Turn } from "../peer/turn.ts"
import type { IssuedKeyPackage } from "./issued-key-package.ts"

const GROUP_ID = 16

/** A Welcome that was opened and checked; nothing of it has taken effect. */
export interface OpenedWelcome {
  readonly kind: "opened"
  /** UUID. */
  readonly group: string
  readonly state: GroupState
  readonly inviter: Device
  readonly founding: Founding
  readonly joining: Joining
  readonly keyPackage: string
}
/** `unknown-key-package`: it is for none that this device holds, or for one that has served enough. */
export type WelcomeFault = { readonly kind: "unknown-key-package" | "invalid" | "newer-version" }

/** Opens a Welcome that has just come; `served` is one that came before. */
export function openNewWelcome(
  turn: Turn,
  welcome: Uint8Array,
): OpenedWelcome | WelcomeFault | { readonly kind: "served" } {
  const issued = findKeyPackage(turn, welcome)?.issued
  const served = issued?.served ?? []
  if (served.includes(digestOf(turn.crypto, welcome))) return { kind: "served" }
  const uses = issued?.purpose === "last-resort" ? MAX_LAST_RESORT_USES : MAX_KEY_PACKAGE_USES
  return served.length >= uses ? { kind: "unknown-key-package" } : openWelcome(turn, welcome)
}

/** A KeyPackage was handed to one peer, so that no other inviter's Welcome for it is good. */
export function openWelcome(turn: Turn, welcome: Uint8Array): OpenedWelcome | WelcomeFault {
  const found = findKeyPackage(turn, welcome)
  if (found === undefined) return { kind: "unknown-key-package" }
  const { own, peerId } = found.issued
  const joined = turn.operate("decrypt", "invitation", own.keyPackage, (mls) =>
    join(mls, { welcome, keyPackage: own, signatureKeys: turn.own.signatureKeys }),
  )
  if (joined.kind === "refused" || joined.state.groupId.length !== GROUP_ID) return { kind: "invalid" }
  const founding = findExtension(joined.state.extensions, FOUNDING_EXTENSION)
  const joining = findExtension(joined.groupInfoExtensions, JOINING_EXTENSION)
  const { credential } = joined.inviter
  if (founding === undefined || joining === undefined || credential.kind !== "basic") return { kind: "invalid" }
  const parts = {
    founding: decodeFounding(turn.crypto, founding),
    joining: decodeJoining(joining),
    inviter: readDevice(turn.crypto, credential.identity),
  }
  if (Object.values(parts).some(({ kind }) => kind === "newer-version")) return { kind: "newer-version" }
  if (parts.founding.kind !== "ok" || parts.joining.kind !== "ok" || parts.inviter.kind !== "ok")
    return { kind: "invalid" }
  if (parts.inviter.value.peerId !== peerId) return { kind: "invalid" }
  return {
    kind: "opened",
    group: uuidOf(joined.state.groupId),
    state: joined.state,
    inviter: parts.inviter.value,
    founding: parts.founding.value,
    joining: parts.joining.value,
    keyPackage: found.key,
  }
}

/** The node of a state that was joined: what went before it comes by sync. */
export function joinedNode(turn: Turn, uuid: string, opened: OpenedWelcome, at: Milliseconds): ForestNode {
  const { state, inviter, joining } = opened
  const plain = turn.state.plainTopics ? uuid : undefined
  const era =
    joining.eraKey === undefined ? beginEra(turn.mlsOf(state), state, plain) : eraOf(turn.crypto, joining.eraKey, plain)
  return {
    sid: stateIdOf(turn.crypto, state),
    parent: undefined,
    epoch: Number(state.epoch),
    author: inviter.identity,
    device: inviter.device,
    at,
    reason: "joined",
    added: [turn.own.identity],
    removed: [],
    ops: [],
    ...NO_BODY,
    roster: rosterOf(turn.crypto, state),
    standing: { kind: "held", state },
    era,
    placedAt: turn.now,
  }
}

/** What was joined, beside what its COMMIT has said of it; `undefined` where the Welcome speaks of another state under that id. */
export function withJoined(known: ForestNode | undefined, joined: ForestNode): ForestNode | undefined {
  const state = stateOf(joined)
  if (known === undefined || state === undefined) return joined
  if (known.parent !== undefined && !(isStateOf(known, state) && isRosterOf(state, known.roster))) return undefined
  const { standing, era, placedAt } = joined
  return { ...known, standing, era, placedAt }
}

/**
 * A KeyPackage that served is handed out no more, and kept for Welcomes of concurrent commits; one of last resort until
 * its holder has another one.
 */
export function markServed(turn: Turn, key: string, welcome: Uint8Array): void {
  const issued = turn.state.durable.keyPackages.get(key)
  if (issued === undefined) return
  const served = [...issued.served, digestOf(turn.crypto, welcome)]
  const spentAt = issued.spentAt ?? (issued.purpose === "last-resort" ? undefined : turn.now)
  const keyPackages = new Map(turn.state.durable.keyPackages).set(key, { ...issued, served, spentAt })
  turn.setDurable({ keyPackages })
}

export function foundingDigest(crypto: CryptoProvider, founding: Founding): string {
  return digestOf(crypto, encodeFounding(founding))
}

function digestOf(crypto: CryptoProvider, bytes: Uint8Array): string {
  return toHex(crypto.hash(bytes))
}

function findKeyPackage(
  turn: Turn,
  welcome: Uint8Array,
): { readonly key: string; readonly issued: IssuedKeyPackage } | undefined {
  const references = welcomeReferences(welcome)
  if (references.kind !== "ok") return undefined
  for (const reference of references.value) {
    const key = toHex(reference)
    const issued = turn.state.durable.keyPackages.get(key)
    if (issued !== undefined) return { key, issued }
  }
  return undefined
}
