import {
  contacts,
  deliveryOf,
  endedDeliveryOf,
  nearby,
  rawNameOf,
  type ContactView,
  type NearbyView,
  type PeerState,
  type ShownMessage,
} from "@starling/messenger"
import type { Store } from "@starling/messenger/ports"

import type { Contact, Message, Nearby } from "./contract.ts"
import { Fault } from "./fault.ts"

export function contactOf({ identity, peerId, name, verified, online }: ContactView): Contact {
  return { identity, peerId, name, verified, online }
}

export function nearbyOf({ identity, peerId, name, address, contact }: NearbyView): Nearby {
  return { identity, peerId, name, address, contact }
}

export function messageOf(state: PeerState, reader: Pick<Store, "get">, shown: ShownMessage): Message {
  const { id, group, from, text, at, epoch, mine } = shown
  const delivery = mine ? (deliveryOf(state, group, id) ?? endedDeliveryOf(reader, group, id)) : undefined
  const name = rawNameOf(state, from) ?? ""
  return { id, group, from, name, text, at, epoch, mine, ...(delivery === undefined ? {} : { delivery }) }
}

/** The contact or nearby peer of that identity or PeerId. Throws `Fault` 404. */
export function knownPeer(
  state: PeerState,
  peer: string,
): { readonly identity: string; readonly name: string; readonly verified: boolean } {
  const contact = contacts(state).find((it) => it.identity === peer || it.peerId === peer)
  if (contact !== undefined) return contact
  const near = nearby(state).find((it) => it.identity === peer || it.peerId === peer)
  if (near !== undefined) return { ...near, verified: false }
  throw new Fault(
    404,
    "unknown-peer",
    "no contact and nobody nearby has this identity or PeerId: `starling contact list` shows who is known",
  )
}
