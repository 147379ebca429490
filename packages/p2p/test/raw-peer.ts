import { createHash } from "node:crypto"

import { gossipsub, StrictNoSign, type GossipSub } from "@libp2p/gossipsub"
import { identify, type Identify } from "@libp2p/identify"
import type { Libp2p, Stream } from "@libp2p/interface"
import { noise } from "@libp2p/noise"
import { ping, type Ping } from "@libp2p/ping"
import { tcp } from "@libp2p/tcp"
import { yamux } from "@libp2p/yamux"
import { createLibp2p } from "libp2p"

import { LOOPBACK } from "./children/seeds.ts"
import type { Peer } from "./peers.ts"

export type RawPeer = Libp2p<{ identify: Identify; ping: Ping; pubsub: GossipSub }> & AsyncDisposable

/** A libp2p node without any of our rules, which can pass as Starling. Without `identify` it does not tell what it speaks. */
export async function rawPeer(options: { readonly hello: boolean; readonly identify?: boolean }): Promise<RawPeer> {
  const node = await createLibp2p({
    addresses: { listen: [LOOPBACK] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionManager: { reconnectRetries: 0 },
    services: {
      identify: identify(),
      ping: ping(),
      pubsub: gossipsub({
        globalSignaturePolicy: StrictNoSign,
        msgIdFn: (message) => createHash("sha256").update(message.data).digest(),
        scoreParams: { IPColocationFactorWeight: 0 },
        allowPublishToZeroTopicPeers: true,
      }),
    },
  })
  if (options.identify === false) await node.unhandle("/ipfs/id/1.0.0")
  if (options.hello) await node.handle("/starling/hello/1.0.0", (stream: Stream) => void stream.close())
  return Object.assign(node, { [Symbol.asyncDispose]: async () => await node.stop() })
}

/** Streams of one protocol among all connections of a node. */
export function streamsOf(node: RawPeer, protocol: string): Stream[] {
  return node
    .getConnections()
    .flatMap((connection) => connection.streams)
    .filter((stream) => stream.protocol.startsWith(protocol))
}

export function addressesOf(node: RawPeer): string[] {
  return node.getMultiaddrs().map((address) => address.toString())
}

/** Opens a stream to a Starling node, writes `bytes`, ends the writing side, and gives what comes back before the end or the reset. */
export async function exchange(
  node: RawPeer,
  to: Peer,
  protocol: string,
  bytes: Uint8Array,
): Promise<{ readonly bytes: number; readonly reset: boolean }> {
  const connection = node.getConnections().find(({ remotePeer }) => remotePeer.toString() === to.peerId)
  if (connection === undefined) throw new Error("not connected")
  let received = 0
  try {
    const stream = await connection.newStream(protocol)
    stream.send(bytes)
    await stream.close()
    for await (const chunk of stream) received += chunk.byteLength
    return { bytes: received, reset: false }
  } catch {
    return { bytes: received, reset: true }
  }
}

/** A message as one RPC of GossipSub, length-prefixed as on its stream: what no GossipSub would send to somebody not subscribed. */
export function gossipRpc(topic: string, data: Uint8Array): Uint8Array {
  const message = Buffer.concat([field(2, data), field(4, Buffer.from(topic))])
  const rpc = field(2, message)
  return Buffer.concat([varint(rpc.length), rpc])
}

/** A length-delimited field of protobuf. */
function field(number: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return Buffer.from([...bytes, rest])
}
