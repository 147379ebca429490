import { createHash } from "node:crypto"

import { gossipsub, StrictNoSign, type GossipSub, type Message } from "@libp2p/gossipsub"
import { identify, type Identify } from "@libp2p/identify"
import type { ConnectionGater, Libp2p, PrivateKey } from "@libp2p/interface"
import type { MulticastDNSComponents } from "@libp2p/mdns"
import { noise } from "@libp2p/noise"
import { ping, type Ping } from "@libp2p/ping"
import { yamux } from "@libp2p/yamux"
import { createLibp2p } from "libp2p"

import { LanDiscovery } from "./lan-discovery.ts"
import type { Limits } from "./limits.ts"
import { tcpInOneWrite } from "./one-write.ts"

export type StarlingLibp2p = Libp2p<{ identify: Identify; ping: Ping; pubsub: GossipSub; lan: LanDiscovery }>

/** A libp2p node that is not yet started. `refuses` is asked about every peer, by PeerId, before it is let in or dialled. */
export async function starlingLibp2p(options: {
  readonly privateKey: PrivateKey
  readonly listen: readonly string[]
  readonly limits: Limits
  readonly refuses: (peerId: string) => boolean
}): Promise<StarlingLibp2p> {
  const { privateKey, listen, limits, refuses } = options
  const connectionGater: ConnectionGater = {
    denyDialMultiaddr: () => false,
    denyDialPeer: (peerId) => refuses(peerId.toString()),
    denyInboundEncryptedConnection: (peerId) => refuses(peerId.toString()),
  }
  return await createLibp2p({
    start: false,
    privateKey,
    nodeInfo: { name: "starling", version: "1", userAgent: "starling" },
    addresses: { listen: [...listen] },
    transports: [tcpInOneWrite({ backlog: 128 })],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater,
    connectionManager: {
      maxConnections: limits.connections,
      // The defaults, 5 a second from one host and 10 pending, shut out the peers behind a common address.
      inboundConnectionThreshold: 50,
      maxIncomingPendingConnections: 64,
      dialTimeout: limits.dialTime,
      addressDialTimeout: limits.dialTime,
      // Whom to call again, and when, is our own affair.
      reconnectRetries: 0,
    },
    // `Pulse` does it: by the time of day, a busy or sleeping machine would give up peers whose answers lie there unread.
    connectionMonitor: { enabled: false },
    services: {
      identify: identify({ timeout: limits.identifyTime }),
      ping: ping(),
      pubsub: gossipsub(GOSSIP),
      lan: (components: MulticastDNSComponents): LanDiscovery => new LanDiscovery(components),
    },
  })
}

/** Each entry departs from a default for the reason given. */
const GOSSIP: NonNullable<Parameters<typeof gossipsub>[0]> = {
  // MLS authenticates the members; a signature would double the work and tell relays who writes.
  globalSignaturePolicy: StrictNoSign,
  msgIdFn: (message: Message) => createHash("sha256").update(message.data).digest(),
  // By default the eleventh peer behind one address is starved, and the fifteenth cut off, in silence.
  scoreParams: { IPColocationFactorWeight: 0 },
  // `Gossip.publish` decides, for each message, what a topic without subscribers means.
  allowPublishToZeroTopicPeers: true,
  ignoreDuplicatePublishError: true,
  floodPublish: false,
  emitSelf: false,
  // By default a peer's topics beyond the first thousand are ignored, in silence.
  maxTopicBytesPerPeer: 4 * 2 ** 20,
  // Word that a message has come takes a frame of its own, as much as a short message that comes twice. By default from 512 bytes.
  idontwantMinDataSize: 4096,
  mcacheLength: 12,
  mcacheGossip: 10,
  seenTTL: 10 * 60_000,
  // A peer that does not read: its stream is reset here, and the watchdog starts anew. By default memory is the only bound.
  maxOutboundBufferSize: 16 * 2 ** 20,
}
