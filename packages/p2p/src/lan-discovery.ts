import { start, stop, type PeerDiscovery, type PeerInfo, type Startable } from "@libp2p/interface"
import { mdns, type MulticastDNSComponents } from "@libp2p/mdns"

import { isLocal } from "./addresses.ts"

/** DNS-SD service type (RFC 6763, 7): Starling's own, so that other libp2p programs are neither asked nor told. */
const SERVICE = "_starling._udp.local"

/** Often at first, to be found at once even if a packet is lost; then seldom: every query is answered by everyone. */
const FIRST_INTERVAL = 700
const FIRST_TIME = 5_000
const LATER_INTERVAL = 30_000

/** Finds Starling on the local network by multicast DNS. Whoever listens there learns PeerId and addresses. */
export class LanDiscovery implements Startable {
  readonly #components: MulticastDNSComponents
  #running: readonly PeerDiscovery[] = []
  #firstEnds: NodeJS.Timeout | undefined

  constructor(components: MulticastDNSComponents) {
    this.#components = components
  }

  start(): void {}

  /** Asks and answers from here on; called once, when the node listens. */
  async begin(found: (peerId: string, addresses: readonly string[]) => void): Promise<void> {
    const later = mdns({ serviceTag: SERVICE, interval: LATER_INTERVAL })(this.#components)
    const first = mdns({ serviceTag: SERVICE, interval: FIRST_INTERVAL, broadcast: false })(this.#components)
    this.#running = [later, first]
    for (const discovery of this.#running) {
      discovery.addEventListener("peer", ({ detail }: CustomEvent<PeerInfo>) => {
        // Anybody on the network can name any address here: only those of the network itself are taken.
        const addresses = detail.multiaddrs.map((address) => address.toString()).filter(isLocal)
        if (addresses.length > 0) found(detail.id.toString(), addresses)
      })
      await start(discovery)
    }
    this.#firstEnds = setTimeout(() => void stop(first), FIRST_TIME)
  }

  async stop(): Promise<void> {
    clearTimeout(this.#firstEnds)
    await stop(...this.#running)
  }
}
