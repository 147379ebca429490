import type { Bytes, Milliseconds } from "@starling/kernel"

/** What a messenger asks and answers. */
export const MESSENGER_PROTOCOLS = [
  "hello",
  "key-package",
  "key-package-stock",
  "invitation",
  "welcomes",
  "sync",
  "mailbox",
] as const
export type MessengerProtocol = (typeof MESSENGER_PROTOCOLS)[number]

/**
 * The direct-stream protocols; on the wire `/starling/<name>/1.0.0`. Each is one request and one response. `roots` is the
 * daemon's own: peers compare the signed roots of entropy platforms.
 */
export const DIRECT_PROTOCOLS = [...MESSENGER_PROTOCOLS, "roots"] as const
export type DirectProtocol = (typeof DIRECT_PROTOCOLS)[number]

/** Bounds that every transport enforces before it hands bytes on. */
export const MAX_GOSSIP_BYTES = 1792 * 1024
export const MAX_DIRECT_BYTES = 4 * 1024 * 1024

export interface PeerLink {
  /** libp2p PeerId in its text form. */
  readonly peerId: string
  /** Multiaddr of the connection in use. */
  readonly address: string
  readonly since: Milliseconds
}

/** What became of bytes that arrived on a topic: `ignore` and `reject` are neither delivered nor passed on. */
export type GossipVerdict = "accept" | "ignore" | "reject"

export interface TransportEvents {
  /** A connection to a peer that speaks Starling stands, or the last one has gone. */
  connected(link: PeerLink): void
  disconnected(peerId: string): void
  /** Bytes on a subscribed topic. `from` is the neighbour that passed them on, who need not be their author. */
  gossip(topic: string, data: Bytes, from: string): void
  /** A direct request; the answer is at most `MAX_DIRECT_BYTES`. A rejection resets the stream and tells the peer nothing. */
  request(protocol: DirectProtocol, payload: Bytes, from: string, signal: AbortSignal): Promise<Bytes>
}

/** How a peer reaches other peers. GossipSub is the fast path, never the truth: nothing may rest on `publish` alone. */
export interface Transport extends AsyncDisposable {
  readonly peerId: string
  /** Own listening multiaddrs, with the PeerId. */
  addresses(): readonly string[]
  links(): readonly PeerLink[]
  /** Starts delivery; events that arrived before are kept and handed over in order. Called once. */
  start(events: TransportEvents): Promise<void>
  /** Idempotent. `judge` is synchronous and cheap: what it rejects counts against who passed it on. */
  subscribe(topic: string, judge: (data: Uint8Array) => GossipVerdict): void
  unsubscribe(topic: string): void
  /** Resolves to the number of neighbours written to, which may be 0. */
  publish(topic: string, data: Uint8Array): Promise<number>
  /** Throws `TransportError` when the peer can't be reached, refuses, or does not answer in time. */
  request(peerId: string, protocol: DirectProtocol, payload: Uint8Array, signal: AbortSignal): Promise<Bytes>
  /** Connects if there is no connection yet; remembers the addresses for later attempts. Throws `TransportError`. */
  dial(peerId: string, addresses: readonly string[], signal: AbortSignal): Promise<void>
}

/** The world failed: unreachable, reset, timed out, oversized. */
export class TransportError extends Error {
  override readonly name = "TransportError"
}
