import { fork, type ChildProcess } from "node:child_process"
import { createHash, randomBytes } from "node:crypto"
import { once } from "node:events"

import { gossipsub } from "@libp2p/gossipsub"
import { identify } from "@libp2p/identify"
import { noise } from "@libp2p/noise"
import { tcp } from "@libp2p/tcp"
import { yamux } from "@libp2p/yamux"
import { createLibp2p } from "libp2p"

import { residentMegabytes } from "./resident-memory.ts"

const NODE = "node"
const TOPIC = "plain"

/** Delivery of `size` random bytes between two processes by js-libp2p GossipSub without anything on top, in milliseconds. */
export async function plainGossipDeliveries(size: number, count: number): Promise<readonly number[]> {
  const receiver = fork(import.meta.filename, [NODE])
  const sender = fork(import.meta.filename, [NODE])
  try {
    const [address] = await once(receiver, "message")
    await once(sender, "message")
    sender.send({ dial: address })
    await once(sender, "message")
    const samples: number[] = []
    for (let i = 0; i < count; i++) samples.push(await oneDelivery(sender, receiver, size))
    return samples
  } finally {
    receiver.kill()
    sender.kill()
  }
}

/** Resident memory of a process with a node like that and nothing else, in units of 2^20 bytes. */
export async function plainNodeMemory(): Promise<number> {
  const node = fork(import.meta.filename, [NODE])
  try {
    await once(node, "message")
    return await residentMegabytes(node.pid ?? 0)
  } finally {
    node.kill()
  }
}

async function oneDelivery(sender: ChildProcess, receiver: ChildProcess, size: number): Promise<number> {
  const arrived = once(receiver, "message")
  const start = performance.now()
  sender.send({ publish: size })
  await arrived
  return performance.now() - start
}

async function runNode(): Promise<void> {
  const node = await createLibp2p({
    addresses: { listen: ["/ip4/127.0.0.1/tcp/0"] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: { denyDialMultiaddr: () => false },
    services: {
      identify: identify(),
      pubsub: gossipsub({
        globalSignaturePolicy: "StrictNoSign",
        msgIdFn: (message) => createHash("sha256").update(message.data).digest(),
        scoreParams: { IPColocationFactorWeight: 0 },
      }),
    },
  })
  const { pubsub } = node.services
  pubsub.addEventListener("message", () => process.send?.("arrived"))
  pubsub.subscribe(TOPIC)
  process.on("message", (order: { dial?: string; publish?: number }) => void carryOut(order))
  process.send?.(node.getMultiaddrs()[0]?.toString())

  async function carryOut(order: { dial?: string; publish?: number }): Promise<void> {
    if (order.dial !== undefined) {
      const { multiaddr } = await import("@multiformats/multiaddr")
      await node.dial(multiaddr(order.dial))
      while (pubsub.getSubscribers(TOPIC).length === 0) await new Promise((done) => setTimeout(done, 20))
      process.send?.("meshed")
    }
    if (order.publish !== undefined) await pubsub.publish(TOPIC, randomBytes(order.publish))
  }
}

if (process.argv[2] === NODE) await runNode()
