import { contactView } from "../view/contact-queries.ts"
import type { ContactView } from "../view/contact-view.ts"
import type { PeerState } from "../peer/state.ts"
import type { Env, Outcome, Refusal } from "../peer/step.ts"
import { refusal, takeVerb, type Turn } from "../peer/turn.ts"
import type { Contact } from "./contact.ts"
import { parseContactLink } from "./contact-link.ts"
import { ownHello } from "./meet.ts"
import { isName } from "./name.ts"
import { findPeer } from "./find-peer.ts"

/** The name that others see. Those who are connected learn it at once. */
export function setName(state: PeerState, name: string, env: Env): Outcome<{ readonly name: string }> {
  return takeVerb(state, env, (turn) => {
    if (!isName(name))
      return refusal(
        "bad-name",
        "A name has 1 to 64 characters, and no control characters or line breaks. Choose another one.",
      )
    turn.setDurable({ own: { ...turn.own, name } })
    for (const peerId of turn.state.links.keys()) turn.request("hello", { kind: "hello", peerId }, ownHello(turn))
    return { name }
  })
}

export function addContact(state: PeerState, link: string, env: Env): Outcome<ContactView> {
  return takeVerb(state, env, (turn) => {
    const parsed = parseContactLink(turn.crypto, link)
    if (parsed.kind === "newer-version")
      return refusal("newer-version", "This contact link was made by a newer Starling. Update this one and try again.")
    if (parsed.kind !== "ok")
      return refusal("bad-link", `This is no valid contact link (${parsed.why}). Copy the whole link and try again.`)
    const { device, name, addresses } = parsed.value
    const known = turn.state.durable.contacts.get(device.identity)
    const base = { verified: false, addedAt: turn.now, ...known }
    return keep(turn, { ...base, device, name: name || (known?.name ?? ""), addresses })
  })
}

/** Makes a contact of a peer that introduced itself. */
export function addNearby(state: PeerState, peer: string, env: Env): Outcome<ContactView> {
  return takeVerb(state, env, (turn) => {
    const known = findPeer(turn.state, peer)
    if (known === undefined)
      return refusal(
        "unknown-peer",
        "No such peer is nearby. Ask them for their contact link, or wait until they are shown.",
      )
    const existing = turn.state.durable.contacts.get(known.device.identity)
    const { device, name } = known
    return keep(turn, existing ?? { device, name, verified: false, addresses: [], addedAt: turn.now })
  })
}

/** Notes whether the safety numbers were compared and found equal. */
export function setVerified(state: PeerState, peer: string, verified: boolean, env: Env): Outcome<ContactView> {
  return takeVerb(state, env, (turn) => {
    const contact = findContact(turn.state, peer)
    if (contact === undefined)
      return refusal("unknown-peer", "Only a contact can be verified. Add this peer to your contacts first.")
    return keep(turn, { ...contact, verified })
  })
}

export function findContact(state: PeerState, peer: string): Contact | undefined {
  return [...state.durable.contacts.values()].find(({ device }) => device.identity === peer || device.peerId === peer)
}

function keep(turn: Turn, contact: Contact): ContactView | Refusal {
  const { identity, peerId } = contact.device
  if (identity === turn.own.identity)
    return refusal("own-identity", "This is your own contact link. Give it to others; add theirs here.")
  turn.setDurable({ contacts: new Map(turn.state.durable.contacts).set(identity, contact) })
  const { addresses } = contact
  if (addresses.length > 0 && !turn.isConnected(peerId)) turn.effects.push({ kind: "dial", peerId, addresses })
  return contactView(turn.state, contact)
}
