import type { PeerId } from "../identity/peer-id.ts"
import { DIAL_PERIOD, MAX_DIALLED } from "../limits.ts"
import { mailboxesOf } from "../mailbox/group-mailbox-verbs.ts"
import { partnersOf } from "../sync/partners.ts"
import { takesPart } from "../sync/request-sync.ts"
import { jitter } from "./jitter.ts"
import type { Turn } from "./turn.ts"

/**
 * Contacts whose addresses are known, members of groups, and mailboxes, who are not connected are dialled now and then: some of them
 * where they are many. Of members the transport knows where they were last, and goes on trying by itself.
 */
export function dialWhoIsAway(turn: Turn): void {
  turn.state = { ...turn.state, dialAt: turn.now + DIAL_PERIOD }
  const away = Array.from(wanted(turn)).filter(([peerId]) => !turn.isConnected(peerId))
  const start = jitter(turn, `dial ${turn.now}`, Math.max(1, away.length))
  for (const [peerId, addresses] of [...away.slice(start), ...away.slice(0, start)].slice(0, MAX_DIALLED))
    turn.effects.push({ kind: "dial", peerId, addresses })
}

function wanted(turn: Turn): ReadonlyMap<PeerId, readonly string[]> {
  const { groups, contacts } = turn.state.durable
  const peers = new Map<PeerId, readonly string[]>()
  for (const group of groups.values())
    if (takesPart(group)) for (const peerId of partnersOf(group, turn.own.peerId).keys()) peers.set(peerId, [])
  for (const { device, addresses } of contacts.values()) if (addresses.length > 0) peers.set(device.peerId, addresses)
  for (const { peerId, addresses } of mailboxesOf(turn.state)) peers.set(peerId, addresses)
  return peers
}
