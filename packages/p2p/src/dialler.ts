import type { Connection, Libp2p, PeerId } from "@libp2p/interface"
import { peerIdFromString } from "@libp2p/peer-id"

import { TransportError } from "@starling/messenger/ports"

import { dialable } from "./addresses.ts"
import type { KnownPeers } from "./known-peers.ts"
import type { Limits } from "./limits.ts"

export interface DiallerWiring {
  readonly limits: Limits
  readonly now: () => number
  readonly refuses: (peerId: string) => boolean
  readonly failed: (peerId: string, error: unknown) => void
  readonly stopping: AbortSignal
}

/** Makes connections: when asked for, and by itself to known peers whose time has come. */
export class Dialler {
  readonly #node: Libp2p
  readonly #known: KnownPeers
  readonly #wiring: DiallerWiring
  readonly #underWay = new Set<string>()

  constructor(node: Libp2p, known: KnownPeers, wiring: DiallerWiring) {
    this.#node = node
    this.#known = known
    this.#wiring = wiring
  }

  /** A connection to the peer: the one that stands, or a new one to an address that is known. Throws `TransportError`. */
  async connect(peerId: string, signal: AbortSignal): Promise<Connection> {
    const id = parsePeerId(peerId)
    const standing = this.#node.getConnections(id).find((connection) => connection.status === "open")
    if (standing !== undefined) return standing
    if (this.#wiring.refuses(peerId)) throw new TransportError(`${peerId} is refused for breaking the rules`)
    const addresses = this.#known.addresses(peerId).flatMap((address) => dialable(address, peerId) ?? [])
    if (addresses.length === 0) throw new TransportError(`no address of ${peerId} is known`)
    const { limits, stopping } = this.#wiring
    const patience = AbortSignal.any([signal, stopping, AbortSignal.timeout(limits.dialTime)])
    try {
      return await this.#node.dial(addresses, { signal: patience })
    } catch (cause) {
      throw new TransportError(`${peerId} can't be reached`, { cause })
    }
  }

  /** Begins the attempts that are due, as long as there is room for more connections. */
  tick(): void {
    const now = this.#wiring.now()
    const busy = new Set(this.#node.getConnections().map((connection) => connection.remotePeer.toString()))
    for (const peerId of this.#underWay) busy.add(peerId)
    for (const peerId of this.#known.due(now)) {
      if (busy.size >= this.#wiring.limits.connections * 0.75) return
      if (busy.has(peerId) || this.#wiring.refuses(peerId)) continue
      busy.add(peerId)
      void this.#attempt(peerId, now)
    }
  }

  async #attempt(peerId: string, now: number): Promise<void> {
    this.#underWay.add(peerId)
    try {
      const attempt = this.connect(peerId, this.#wiring.stopping)
      this.#known.attempted(peerId, now)
      await attempt
    } catch (error) {
      this.#known.failed(peerId)
      if (!this.#wiring.stopping.aborted) this.#wiring.failed(peerId, error)
    } finally {
      this.#underWay.delete(peerId)
    }
  }
}

/** Throws `TransportError`: the text may come from somebody else. */
export function parsePeerId(text: string): PeerId {
  try {
    return peerIdFromString(text)
  } catch (cause) {
    throw new TransportError(`"${text}" is no PeerId`, { cause })
  }
}
