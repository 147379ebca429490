import { equalBytes, toHex } from "@starling/kernel"
import {
  members,
  type Credential,
  type CryptoProvider,
  type Extension,
  type GroupState,
  type PublicCommitHeader,
} from "@starling/mls"

import { readDevice, type Device, type DeviceKey } from "../identity/device-certificate.ts"
import type { IdentityId } from "../identity/identity-id.ts"
import { bearsConsent, hasTransportConsent } from "../identity/transport-consent.ts"

/** A device in a leaf of its own. */
export interface Seated extends Device {
  /** The key behind its PeerId has signed that it is this device's: nobody else's leaf under that PeerId can say so. */
  readonly ownsPeerId: boolean
}

/** The devices of a state by leaf; a blank leaf is `undefined`. */
export type Roster = readonly (Seated | undefined)[]

/** The roster of a state that this device holds. What sits where it sat in `known` is verified already. */
export function rosterOf(crypto: CryptoProvider, state: GroupState, known: Roster = []): Roster {
  const roster: (Seated | undefined)[] = []
  for (const { leafIndex, ...leaf } of members(state)) {
    while (roster.length < leafIndex) roster.push(undefined)
    const before = known[leafIndex]
    const isKnown = isOf(leaf.credential, before) && before.ownsPeerId === bearsConsent(leaf.extensions)
    roster[leafIndex] = isKnown ? before : seatedIn(crypto, leaf)
  }
  return roster
}

/** True where the leaves of `state` bear the certificates of `roster`, to the byte: nothing needs to be verified for that. */
export function isRosterOf(state: GroupState, roster: Roster): boolean {
  const leaves = members(state)
  return (
    leaves.length === devicesOf(roster).length &&
    leaves.every(({ leafIndex, credential }) => isOf(credential, roster[leafIndex]))
  )
}

/**
 * The roster after a commit that anybody can read, without its secrets: removed leaves become blank, added members take
 * the leftmost blank leaf each (RFC 9420, 7.7 and 12.4.2). `undefined` where the commit removes a blank leaf, or adds a
 * device that its identity did not sign.
 */
export function nextRoster(crypto: CryptoProvider, roster: Roster, header: PublicCommitHeader): Roster | undefined {
  // The same one for all the commits that bring nobody in or out: a long chain of them costs no memory for each member.
  if (header.removes.length + header.adds.length === 0) return roster
  const next = [...roster]
  for (const leaf of header.removes) {
    if (next[leaf] === undefined) return undefined
    next[leaf] = undefined
  }
  for (const { leafNode } of header.adds) {
    const device = seatedIn(crypto, leafNode)
    if (device?.device !== toHex(leafNode.signatureKey)) return undefined
    const blank = next.indexOf(undefined)
    next[blank < 0 ? next.length : blank] = device
  }
  return next
}

export function devicesOf(roster: Roster): Seated[] {
  return roster.filter((device) => device !== undefined)
}

export function hasDevice(roster: Roster, device: DeviceKey): boolean {
  return roster.some((leaf) => leaf?.device === device)
}

export function identitiesOf(roster: Roster): Set<IdentityId> {
  return new Set(devicesOf(roster).map(({ identity }) => identity))
}

function isOf<T extends Device>(credential: Credential, device: T | undefined): device is T {
  return device !== undefined && credential.kind === "basic" && equalBytes(credential.identity, device.encoded)
}

function seatedIn(
  crypto: CryptoProvider,
  { credential, extensions }: { readonly credential: Credential; readonly extensions: readonly Extension[] },
): Seated | undefined {
  if (credential.kind !== "basic") return undefined
  const device = readDevice(crypto, credential.identity)
  if (device.kind !== "ok") return undefined
  return { ...device.value, ownsPeerId: hasTransportConsent(crypto, device.value, extensions) }
}
