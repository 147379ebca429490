import { DIAL_PERIOD } from "../limits.ts"
import { mailboxesOf } from "../mailbox/group-mailbox-verbs.ts"
import type { Turn } from "./turn.ts"

/** Contacts whose addresses are known, and mailboxes, are dialled now and then where they are not connected. */
export function dialWhoIsAway(turn: Turn): void {
  turn.state = { ...turn.state, dialAt: turn.now + DIAL_PERIOD }
  for (const { device, addresses } of turn.state.durable.contacts.values())
    if (addresses.length > 0 && !turn.isConnected(device.peerId))
      turn.effects.push({ kind: "dial", peerId: device.peerId, addresses })
  for (const { peerId, addresses } of mailboxesOf(turn.state))
    if (!turn.isConnected(peerId)) turn.effects.push({ kind: "dial", peerId, addresses })
}
