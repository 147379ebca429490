import type { Connection, IdentifyResult, Libp2p } from "@libp2p/interface"

import type { Milliseconds } from "@starling/kernel"
import type { PeerLink } from "@starling/messenger/ports"

import { protocolId } from "./direct-streams.ts"

export interface LinksWiring {
  readonly clock: () => Milliseconds
  readonly now: () => number
  /** Of an `AwakeClock`. */
  readonly awake: () => number
  readonly connected: (link: PeerLink, addresses: readonly string[]) => void
  readonly disconnected: (peerId: string, lasted: number) => void
  readonly stranger: (peerId: string) => void
  readonly identifyTime: number
}

/**
 * The peers that are connected and speak Starling, which a connection tells by libp2p's identify.
 * none → linked (identified, with our hello protocol) → none (the last connection is gone). Others are hung up.
 */
export class Links {
  readonly #node: Libp2p
  readonly #wiring: LinksWiring
  readonly #links = new Map<string, { readonly link: PeerLink; readonly since: number }>()
  /** When a connection that has not shown what it is was first seen. */
  readonly #unknown = new Map<string, number>()

  constructor(node: Libp2p, wiring: LinksWiring) {
    this.#node = node
    this.#wiring = wiring
    node.addEventListener("peer:identify", ({ detail }) => this.#identified(detail))
    node.addEventListener("peer:disconnect", ({ detail }) => this.#lost(detail.toString()))
  }

  all(): readonly PeerLink[] {
    return [...this.#links.values()].map(({ link }) => link)
  }

  has(peerId: string): boolean {
    return this.#links.has(peerId)
  }

  /** Closes what does not identify itself in time, and notices what libp2p failed to say. */
  tick(): void {
    const open = this.#node.getConnections().filter((connection) => connection.status === "open")
    const peers = new Set(open.map((connection) => connection.remotePeer.toString()))
    for (const peerId of this.#links.keys()) if (!peers.has(peerId)) this.#lost(peerId)
    for (const [peerId, entry] of this.#links) this.#links.set(peerId, { ...entry, link: inUse(entry.link, open) })
    const unknown = open.filter((connection) => !this.#links.has(connection.remotePeer.toString()))
    this.#hangUpSilent(unknown)
  }

  #hangUpSilent(unknown: readonly Connection[]): void {
    const ids = new Set(unknown.map((connection) => connection.id))
    for (const id of this.#unknown.keys()) if (!ids.has(id)) this.#unknown.delete(id)
    for (const connection of unknown) {
      const since = this.#unknown.get(connection.id) ?? this.#wiring.awake()
      this.#unknown.set(connection.id, since)
      if (this.#wiring.awake() - since >= this.#wiring.identifyTime) this.#hangUp(connection)
    }
  }

  #identified({ peerId, protocols, connection, listenAddrs, signedPeerRecord }: IdentifyResult): void {
    if (!protocols.includes(protocolId("hello"))) {
      if (!this.#links.has(peerId.toString())) this.#hangUp(connection)
      return
    }
    const id = peerId.toString()
    if (this.#links.has(id) || connection.status !== "open") return
    const link = { peerId: id, address: connection.remoteAddr.toString(), since: this.#wiring.clock() }
    this.#links.set(id, { link, since: this.#wiring.now() })
    const own = (signedPeerRecord?.addresses ?? listenAddrs).map((address) => address.toString())
    // What was dialled works; where a caller calls from is no address to call it at.
    this.#wiring.connected(link, connection.direction === "outbound" ? [link.address, ...own] : own)
  }

  #lost(peerId: string): void {
    const entry = this.#links.get(peerId)
    if (entry === undefined || !this.#links.delete(peerId)) return
    this.#wiring.disconnected(peerId, this.#wiring.now() - entry.since)
  }

  #hangUp(connection: Connection): void {
    this.#wiring.stranger(connection.remotePeer.toString())
    connection.abort(new Error("does not speak Starling"))
  }
}

/** A link outlives the connection that it began with while another one to the peer stands. */
function inUse(link: PeerLink, open: readonly Connection[]): PeerLink {
  const addresses = open
    .filter((connection) => connection.remotePeer.toString() === link.peerId)
    .map((connection) => connection.remoteAddr.toString())
  return addresses.includes(link.address) ? link : { ...link, address: addresses[0] ?? link.address }
}
