import type { GossipSub } from "@libp2p/gossipsub"
import type { Connection } from "@libp2p/interface"

/**
 * Finds the peers with whom gossip is dead though the connection stands: an oversized message, a full buffer or the end of
 * one of two connections leaves it so for good, and nothing says it. The cure is to hang up and dial anew.
 */
export class GossipWatchdog {
  readonly #pubsub: GossipSub
  readonly #patience: number
  readonly #silentSince = new Map<string, number>()

  /** `patience` in milliseconds. */
  constructor(pubsub: GossipSub, patience: number) {
    this.#pubsub = pubsub
    this.#patience = patience
  }

  /** The peers, of those given with their connections, without gossip for too long. */
  silent(peers: ReadonlyMap<string, readonly Connection[]>, now: number): readonly string[] {
    const known = new Set(this.#pubsub.getPeers().map((peerId) => peerId.toString()))
    for (const peerId of this.#silentSince.keys()) if (!peers.has(peerId)) this.#silentSince.delete(peerId)
    const found: string[] = []
    for (const [peerId, connections] of peers) {
      if (known.has(peerId) && this.#flows(connections)) {
        this.#silentSince.delete(peerId)
        continue
      }
      const since = this.#silentSince.get(peerId) ?? now
      this.#silentSince.set(peerId, since)
      if (now - since >= this.#patience) found.push(peerId)
    }
    return found
  }

  /** A gossip stream is open in each direction. The other end's failing shows in the one it opened. */
  #flows(connections: readonly Connection[]): boolean {
    const open = connections
      .filter((connection) => connection.status === "open")
      .flatMap((connection) => connection.streams)
      .filter((stream) => stream.status === "open" && this.#pubsub.protocols.includes(stream.protocol))
    const outbound = open.some((stream) => stream.direction === "outbound" && stream.writeStatus === "writable")
    const inbound = open.some((stream) => stream.direction === "inbound" && stream.remoteWriteStatus === "writable")
    return outbound && inbound
  }
}
