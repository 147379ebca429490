import type { Connection, PrivateKey } from "@libp2p/interface"
import { peerIdFromPrivateKey } from "@libp2p/peer-id"

import type { Bytes, Milliseconds } from "@starling/kernel"
import {
  MAX_DIRECT_BYTES,
  TransportError,
  type DirectProtocol,
  type PeerLink,
  type Transport,
  type TransportEvents,
} from "@starling/messenger/ports"

import { AwakeClock } from "./awake-clock.ts"
import { Dialler, parsePeerId } from "./dialler.ts"
import { DirectStreams } from "./direct-streams.ts"
import { EventQueue } from "./event-queue.ts"
import { Gossip, type Judge } from "./gossip.ts"
import { GossipWatchdog } from "./gossip-watchdog.ts"
import { KnownPeers, type AddressBook } from "./known-peers.ts"
import type { Limits } from "./limits.ts"
import { Links } from "./links.ts"
import type { NodeReport } from "./node-report.ts"
import { Pulse } from "./pulse.ts"
import { Standing, type Fault } from "./standing.ts"
import { starlingLibp2p, type StarlingLibp2p } from "./starling-libp2p.ts"

/** Between looks at what is due: redials, silent gossip, connections that say nothing. */
const TICK = 250

interface Wiring {
  readonly privateKey: PrivateKey
  readonly listen: readonly string[]
  readonly mdns: boolean
  readonly addressBook: AddressBook
  readonly report: (event: NodeReport) => void
  readonly clock: () => Milliseconds
  readonly limits: Limits
}

/** The messenger's `Transport` over one libp2p node. */
export class Libp2pTransport implements Transport {
  readonly peerId: string
  readonly #node: StarlingLibp2p
  readonly #wiring: Wiring
  readonly #standing: Standing
  readonly #known: KnownPeers
  readonly #queue = new EventQueue()
  readonly #links: Links
  readonly #dialler: Dialler
  readonly #direct: DirectStreams
  readonly #gossip: Gossip
  readonly #watchdog: GossipWatchdog
  readonly #pulse: Pulse
  readonly #awake = new AwakeClock(now())
  readonly #stopping = new AbortController()
  #ticking: NodeJS.Timeout | undefined

  static async open(wiring: Wiring): Promise<Libp2pTransport> {
    const standing = new Standing(wiring.limits)
    const { privateKey, listen, limits } = wiring
    const refuses = (peerId: string): boolean => standing.refuses(peerId, now())
    const node = await starlingLibp2p({ privateKey, listen, limits, refuses })
    const transport = new Libp2pTransport(node, standing, wiring)
    try {
      await transport.#direct.listen()
      await node.start()
    } catch (cause) {
      await node.stop()
      throw new TransportError(`can't listen on ${listen.join(", ")}`, { cause })
    }
    transport.#ticking = setInterval(() => transport.#tick(), TICK)
    if (wiring.mdns) await node.services.lan.begin((peerId, addresses) => transport.#found(peerId, addresses))
    return transport
  }

  private constructor(node: StarlingLibp2p, standing: Standing, wiring: Wiring) {
    const { limits, report, clock } = wiring
    const stopping = this.#stopping.signal
    const fault = (peerId: string, fault: Fault): void => this.#fault(peerId, fault)
    this.peerId = peerIdFromPrivateKey(wiring.privateKey).toString()
    this.#node = node
    this.#wiring = wiring
    this.#standing = standing
    this.#known = new KnownPeers(this.peerId, limits, wiring.addressBook, (peerId, error) =>
      report({ kind: "address-book-failed", peerId, error }),
    )
    this.#links = new Links(node, {
      clock,
      now,
      awake: () => this.#awake.time,
      identifyTime: limits.identifyTime,
      connected: (link, addresses) => {
        this.#known.linked(link.peerId, addresses, now())
        this.#queue.connected(link)
      },
      disconnected: (peerId, lasted) => {
        this.#known.lost(peerId, lasted, now())
        if (!stopping.aborted) this.#queue.disconnected(peerId)
      },
      stranger: (peerId) => report({ kind: "stranger", peerId }),
    })
    this.#dialler = new Dialler(node, this.#known, {
      limits,
      now,
      stopping,
      refuses: (peerId) => standing.refuses(peerId, now()),
      failed: (peerId, error) => report({ kind: "dial-failed", peerId, error }),
    })
    this.#direct = new DirectStreams(node, {
      limits,
      now,
      stopping,
      fault,
      answer: (protocol, payload, from, signal) => this.#queue.request(protocol, payload, from, signal),
      failed: (peerId, protocol, error) => report({ kind: "request-failed", peerId, protocol, error }),
    })
    this.#gossip = new Gossip(node.services.pubsub, {
      limits,
      now,
      fault,
      deliver: (topic, data, from) => this.#queue.gossip(topic, data, from),
    })
    this.#watchdog = new GossipWatchdog(node.services.pubsub, limits.gossipSilence)
    this.#pulse = new Pulse(limits, stopping)
  }

  addresses(): readonly string[] {
    return this.#node.getMultiaddrs().map((address) => address.toString())
  }

  links(): readonly PeerLink[] {
    return this.#links.all()
  }

  async start(events: TransportEvents): Promise<void> {
    this.#queue.start(events)
  }

  subscribe(topic: string, judge: Judge): void {
    this.#gossip.subscribe(topic, judge)
  }

  unsubscribe(topic: string): void {
    this.#gossip.unsubscribe(topic)
  }

  async publish(topic: string, data: Uint8Array): Promise<number> {
    return await this.#gossip.publish(topic, data)
  }

  async request(peerId: string, protocol: DirectProtocol, payload: Uint8Array, signal: AbortSignal): Promise<Bytes> {
    if (payload.length > MAX_DIRECT_BYTES) {
      throw new RangeError(`a request of ${payload.length} bytes where ${MAX_DIRECT_BYTES} are allowed`)
    }
    const connection = await this.#dialler.connect(peerId, signal)
    return await this.#direct.request(connection, protocol, payload, signal)
  }

  async dial(peerId: string, addresses: readonly string[], signal: AbortSignal): Promise<void> {
    parsePeerId(peerId)
    this.#known.keep(peerId, addresses, now())
    await this.#dialler.connect(peerId, signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#stopping.signal.aborted) return
    this.#stopping.abort(new TransportError("the node stops"))
    clearInterval(this.#ticking)
    await this.#node.stop()
  }

  #found(peerId: string, addresses: readonly string[]): void {
    if (this.#links.has(peerId)) return
    this.#wiring.report({ kind: "found", peerId, addresses })
    this.#known.found(peerId, addresses, now())
    this.#dialler.tick()
  }

  #fault(peerId: string, fault: Fault): void {
    if (!this.#standing.count(peerId, fault, now())) return
    this.#wiring.report({ kind: "refused", peerId, fault })
    this.#hangUp(peerId, "refused for breaking the rules")
  }

  #tick(): void {
    const time = now()
    this.#awake.tick(time)
    this.#links.tick()
    const open = this.#node.getConnections().filter(({ status }) => status === "open")
    for (const connection of this.#pulse.tick(open, this.#awake.time)) {
      this.#wiring.report({ kind: "gone", peerId: connection.remotePeer.toString() })
      connection.abort(new Error("no answer to a ping"))
    }
    for (const peerId of this.#watchdog.silent(this.#linkedConnections(), this.#awake.time)) {
      this.#wiring.report({ kind: "gossip-silent", peerId })
      this.#hangUp(peerId, "gossip is silent")
    }
    this.#dialler.tick()
    this.#standing.prune(time)
    this.#direct.prune(time)
    this.#gossip.prune(time)
  }

  #linkedConnections(): ReadonlyMap<string, readonly Connection[]> {
    const connections = new Map<string, Connection[]>(this.links().map(({ peerId }) => [peerId, []]))
    for (const connection of this.#node.getConnections()) {
      connections.get(connection.remotePeer.toString())?.push(connection)
    }
    return connections
  }

  /** At once: a peer that does not read would keep a graceful end waiting. */
  #hangUp(peerId: string, why: string): void {
    for (const connection of this.#node.getConnections(parsePeerId(peerId))) connection.abort(new Error(why))
  }
}

/** Milliseconds of a clock that never goes back, whatever happens to the time of day. */
function now(): number {
  return performance.now()
}
