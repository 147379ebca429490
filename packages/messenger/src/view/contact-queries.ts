import { computeSafetyNumber } from "../identity/safety-number.ts"
import { formatContactLink } from "../contacts/contact-link.ts"
import type { Contact } from "../contacts/contact.ts"
import { findPeer, knownPeers, rawNameOf } from "../contacts/find-peer.ts"
import { safeName } from "../contacts/safe-name.ts"
import type { IdentityId } from "../identity/identity-id.ts"
import type { PeerState } from "../peer/state.ts"
import type { Env } from "../peer/step.ts"
import type { ContactView, NearbyView, SafeName } from "./contact-view.ts"

export function ownIdentity(state: PeerState): {
  readonly identity: string
  readonly peerId: string
  readonly name: string
} {
  const { identity, peerId, name } = state.durable.own
  return { identity, peerId, name }
}

/** `addresses`: multiaddrs at which this peer can be dialled; at most 16 of them go in. */
export function contactLink(state: PeerState, addresses: readonly string[]): string {
  const { own } = state.durable
  return formatContactLink({ device: own, name: own.name, addresses })
}

export function contacts(state: PeerState): readonly ContactView[] {
  return [...state.durable.contacts.values()].map((contact) => contactView(state, contact))
}

export function contactView(state: PeerState, { device, name, verified }: Contact): ContactView {
  const { identity, peerId } = device
  const online = state.links.has(peerId)
  return { identity, peerId, name, safeName: safeNameOf(state, identity, name), verified, online }
}

/** Peers that are connected and introduced themselves. */
export function nearby(state: PeerState): readonly NearbyView[] {
  return [...state.acquaintances.values()]
    .filter(({ device }) => state.links.has(device.peerId))
    .map(({ device, name, address }) => ({
      identity: device.identity,
      peerId: device.peerId,
      name,
      safeName: safeNameOf(state, device.identity, name),
      address: state.links.get(device.peerId)?.address ?? address,
      contact: state.durable.contacts.has(device.identity),
    }))
}

/** What to call an identity: own name, contact, nearby peer, or as its group knows it; `undefined` for a stranger. */
export function nameOf(state: PeerState, identity: string): SafeName | undefined {
  const name = rawNameOf(state, identity)
  return name === undefined ? undefined : safeNameOf(state, identity, name)
}

/** 12 groups of 5 digits; `undefined` for a peer that is not known. */
export function safetyNumber(state: PeerState, peer: string, env: Env): string | undefined {
  const known = findPeer(state, peer)
  if (known === undefined || known.device.identity === state.durable.own.identity) return undefined
  return computeSafetyNumber(env.mls.crypto, state.durable.own.identity, known.device.identity)
}

function safeNameOf(state: PeerState, identity: IdentityId, name: string): SafeName {
  const { own } = state.durable
  const others = [own, ...[...knownPeers(state)].map((peer) => ({ identity: peer.device.identity, name: peer.name }))]
  return safeName(name, identity, others)
}
