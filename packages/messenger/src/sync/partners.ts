import type { Device } from "../identity/device-certificate.ts"
import type { PeerId } from "../identity/peer-id.ts"
import type { Group } from "../group/group.ts"
import { devicesOf } from "../group/roster.ts"
import type { Turn } from "../peer/turn.ts"

/**
 * The devices of a group's members, in the tree or about to be, by PeerId; without this device. Who is in the tree goes before
 * who is merely asked for: a certificate can bear somebody else's transport key, a leaf is there by its device's own signature.
 */
export function partnersOf(group: Group, own: PeerId): ReadonlyMap<PeerId, Device> {
  const partners = new Map<PeerId, Device>()
  for (const { device } of group.membership.desired.values()) partners.set(device.peerId, device)
  for (const sid of [group.live, group.chosen])
    for (const device of devicesOf(group.forest.get(sid)?.roster ?? [])) partners.set(device.peerId, device)
  partners.delete(own)
  return partners
}

export function peerIdsOf(turn: Turn, group: Group): PeerId[] {
  return [...partnersOf(group, turn.own.peerId).keys()]
}

export function connectedPartners(turn: Turn, group: Group): PeerId[] {
  return peerIdsOf(turn, group)
    .filter((peerId) => turn.isConnected(peerId))
    .sort()
}
