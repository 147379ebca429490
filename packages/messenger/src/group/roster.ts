import { equalBytes } from "@starling/kernel"
import { members, type Credential, type CryptoProvider, type GroupState, type PublicCommitHeader } from "@starling/mls"

import { authenticateDevice } from "../identity/authenticate-device.ts"
import { readDevice, type Device, type DeviceKey } from "../identity/device-certificate.ts"
import type { IdentityId } from "../identity/identity-id.ts"

/** The devices of a state by leaf; a blank leaf is `undefined`. */
export type Roster = readonly (Device | undefined)[]

/** The roster of a state that this device holds. What sits where it sat in `known` is verified already. */
export function rosterOf(crypto: CryptoProvider, state: GroupState, known: Roster = []): Roster {
  const roster: (Device | undefined)[] = []
  for (const { leafIndex, credential } of members(state)) {
    while (roster.length < leafIndex) roster.push(undefined)
    const before = known[leafIndex]
    roster[leafIndex] = isOf(credential, before) ? before : deviceOf(crypto, credential)
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
  const authenticate = authenticateDevice(crypto)
  for (const { leafNode } of header.adds) {
    const device = deviceOf(crypto, leafNode.credential)
    if (device === undefined || authenticate(leafNode.credential, leafNode.signatureKey) !== undefined) return undefined
    const blank = next.indexOf(undefined)
    next[blank < 0 ? next.length : blank] = device
  }
  return next
}

export function devicesOf(roster: Roster): Device[] {
  return roster.filter((device) => device !== undefined)
}

export function hasDevice(roster: Roster, device: DeviceKey): boolean {
  return roster.some((leaf) => leaf?.device === device)
}

export function identitiesOf(roster: Roster): Set<IdentityId> {
  return new Set(devicesOf(roster).map(({ identity }) => identity))
}

function isOf(credential: Credential, device: Device | undefined): boolean {
  return device !== undefined && credential.kind === "basic" && equalBytes(credential.identity, device.encoded)
}

function deviceOf(crypto: CryptoProvider, credential: Credential): Device | undefined {
  if (credential.kind !== "basic") return undefined
  const device = readDevice(crypto, credential.identity)
  return device.kind === "ok" ? device.value : undefined
}
