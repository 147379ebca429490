import { isSameDevice, type Device } from "../identity/device-certificate.ts"
import type { PeerId } from "../identity/peer-id.ts"
import type { Group } from "../group/group.ts"
import type { Membership } from "../group/membership.ts"
import { devicesOf, type Roster, type Seated } from "../group/roster.ts"
import type { Turn } from "../peer/turn.ts"

/**
 * The devices of a group's members, in the tree or about to be, by PeerId; without this device. Who is in the tree goes before
 * who is merely asked for: a certificate can bear somebody else's transport key, a leaf is there by its device's own signature.
 */
export function partnersOf(group: Group, own: PeerId): ReadonlyMap<PeerId, Device> {
  const { membership, forest, live, chosen } = group
  const rosters = [live, chosen].map((sid) => forest.get(sid)?.roster)
  const known = lastPartners.get(membership)
  if (known?.own === own && known.rosters.every((roster, i) => roster === rosters[i])) return known.partners
  const partners = findPartners(group, own)
  lastPartners.set(membership, { own, rosters, partners })
  return partners
}

interface Partners {
  readonly own: PeerId
  /** Of the live state and of the chosen one. */
  readonly rosters: readonly (Roster | undefined)[]
  readonly partners: ReadonlyMap<PeerId, Device>
}

/** What each step asks for, and seldom changes: it follows from the membership and two rosters. */
const lastPartners = new WeakMap<Membership, Partners>()

function findPartners(group: Group, own: PeerId): ReadonlyMap<PeerId, Device> {
  const wanted = Array.from(group.membership.desired.values(), ({ device }) => device)
  const tips = new Set([group.live, group.chosen])
  const seated = [...tips].flatMap((sid) => devicesOf(group.forest.get(sid)?.roster ?? []))
  const { seniority } = group.membership
  const partners = new Map([...byPeerId(seniority, wanted), ...byPeerId(seniority, seated)])
  partners.delete(own)
  return partners
}

/**
 * Of those that bear one PeerId, the one behind it, by the records alone: to whom that key has signed that it belongs, else whoever
 * was a member first.
 */
export function byPeerId(
  seniority: Membership["seniority"],
  devices: Iterable<Candidate>,
): ReadonlyMap<PeerId, Candidate> {
  const behind = new Map<PeerId, Candidate>()
  for (const device of devices) {
    const other = behind.get(device.peerId)
    if (other === undefined || isBetter(seniority, device, other)) behind.set(device.peerId, device)
  }
  return behind
}

type Candidate = Device | Seated

function isBetter(seniority: Membership["seniority"], one: Candidate, other: Candidate): boolean {
  if (ownsPeerId(one) !== ownsPeerId(other)) return ownsPeerId(one)
  if (isSameDevice(one, other)) return false
  const [place, otherPlace] = [one, other].map(({ identity }) => seniority.get(identity) ?? Infinity)
  if (place !== otherPlace) return (place ?? Infinity) < (otherPlace ?? Infinity)
  return one.identity + one.device < other.identity + other.device
}

function ownsPeerId(device: Candidate): boolean {
  return "ownsPeerId" in device && device.ownsPeerId
}

export function peerIdsOf(turn: Turn, group: Group): PeerId[] {
  return [...partnersOf(group, turn.own.peerId).keys()]
}

export function hasConnectedPartner(turn: Turn, group: Group): boolean {
  for (const peerId of partnersOf(group, turn.own.peerId).keys()) if (turn.isConnected(peerId)) return true
  return false
}

export function connectedPartners(turn: Turn, group: Group): PeerId[] {
  return peerIdsOf(turn, group)
    .filter((peerId) => turn.isConnected(peerId))
    .sort()
}
