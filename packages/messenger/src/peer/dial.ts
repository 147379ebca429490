import { DIAL_PERIOD } from "../limits.ts"
import type { Turn } from "./turn.ts"

/** Contacts whose addresses are known and who are not connected are dialled, now and then. */
export function dialWhoIsAway(turn: Turn): void {
  turn.state = { ...turn.state, dialAt: turn.now + DIAL_PERIOD }
  for (const { device, addresses } of turn.state.durable.contacts.values())
    if (addresses.length > 0 && !turn.isConnected(device.peerId))
      turn.effects.push({ kind: "dial", peerId: device.peerId, addresses })
}
