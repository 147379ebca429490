import type { Device } from "../identity/device-certificate.ts"
import type { IdentityId } from "../identity/identity-id.ts"
import type { PeerState } from "../peer/state.ts"

export interface KnownPeer {
  readonly device: Device
  readonly name: string
}

/** A contact, or else a peer nearby, or else a member of one of our groups, by identity or PeerId. */
export function findPeer(state: PeerState, peer: string): KnownPeer | undefined {
  for (const known of knownPeers(state))
    if (known.device.identity === peer || known.device.peerId === peer) return known
  return undefined
}

/** Everybody whom this device can name, the best source first; somebody may come several times. */
export function* knownPeers(state: PeerState): Generator<KnownPeer> {
  yield* state.durable.contacts.values()
  yield* state.acquaintances.values()
  for (const group of state.durable.groups.values()) {
    yield { device: group.founding.creator, name: group.founding.creatorName }
    for (const { change } of group.operations.values()) if (change.kind === "add") yield change
  }
}

/** As this device knows it; empty for somebody without a name, `undefined` for a stranger. */
export function rawNameOf(state: PeerState, identity: IdentityId): string | undefined {
  if (identity === state.durable.own.identity) return state.durable.own.name
  let unnamed: string | undefined
  for (const known of knownPeers(state)) {
    if (known.device.identity !== identity) continue
    if (known.name !== "") return known.name
    unnamed = ""
  }
  return unnamed
}
