/** How much one peer may ask of a node, and how patient the node is. Times in milliseconds, rates per second. */
export interface Limits {
  /** Connections in all; beyond three quarters of them the node dials nobody on its own. */
  readonly connections: number
  /** Direct requests from one peer: as many at once, then at the rate. */
  readonly requestBurst: number
  readonly requestRate: number
  /** Direct requests of one peer that are being served at a time. */
  readonly requestsServed: number
  /** Direct requests to one peer that are under way at a time; further ones wait. */
  readonly requestsSent: number
  /** From the opening of a stream to the end of the answer; the one who asks waits a little longer. */
  readonly requestTime: number
  /** Messages and bytes that one neighbour passes on by gossip. */
  readonly gossipBurst: number
  readonly gossipRate: number
  readonly gossipByteBurst: number
  readonly gossipByteRate: number
  /** Points for breaking rules (see `Standing`): as many are borne, and forgotten at the rate. */
  readonly faultBurst: number
  readonly faultRate: number
  /** For how long a peer that went beyond is refused. */
  readonly refusalTime: number
  /** How long a connected peer may be without gossip streams in both directions. */
  readonly gossipSilence: number
  /** How long a connection may take to show that Starling speaks at its other end. */
  readonly identifyTime: number
  readonly dialTime: number
  /** Between two attempts to reach a peer: at least, doubling, at most. */
  readonly redialFirst: number
  readonly redialLast: number
  /** The same at most while it is not longer ago that the peer was linked: a network that comes back is soon noticed. */
  readonly redialRecent: number
  readonly recentTime: number
  /** Between two looks whether a connection is alive, and how long its other end may take to show it. */
  readonly pingPause: number
  readonly pingTime: number
  /** By how much the higher PeerId of a pair waits for the lower one to dial. */
  readonly yieldTime: number
}

export const DEFAULT_LIMITS: Limits = {
  connections: 200,
  requestBurst: 100,
  requestRate: 20,
  requestsServed: 8,
  requestsSent: 4,
  requestTime: 15_000,
  gossipBurst: 2000,
  gossipRate: 200,
  gossipByteBurst: 64 * 2 ** 20,
  gossipByteRate: 4 * 2 ** 20,
  faultBurst: 100,
  faultRate: 1,
  refusalTime: 10 * 60_000,
  gossipSilence: 10_000,
  identifyTime: 15_000,
  dialTime: 10_000,
  redialFirst: 500,
  redialLast: 60_000,
  redialRecent: 6_000,
  recentTime: 15 * 60_000,
  pingPause: 5_000,
  pingTime: 10_000,
  yieldTime: 1_000,
}
