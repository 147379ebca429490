// A peer's transport in a process of its own: prints where it listens, then does what its parent says.
import { randomBytes } from "node:crypto"

import { Secret } from "@starling/kernel"
import { openNode } from "@starling/p2p"
import { z } from "zod"

import { MAX_GOSSIP_BYTES } from "@starling/messenger/ports"

const Order = z.union([
  z.object({ dial: z.string(), addresses: z.array(z.string()) }),
  z.object({ publish: z.number().max(MAX_GOSSIP_BYTES) }),
  z.object({ tell: z.literal(true) }),
])
const TOPIC = "/starling/bench"
/** Whether to say of each message that it came. */
let tells = false

using seed = new Secret(randomBytes(32))
const transport = await openNode({ seed, listen: ["/ip4/127.0.0.1/tcp/0"], mdns: false, clock: () => Date.now() })
await transport.start({
  connected: () => process.send?.("connected"),
  disconnected: () => {},
  gossip: () => void (tells && process.send?.("arrived")),
  request: async (_protocol, payload) => payload,
})
transport.subscribe(TOPIC, () => "accept")
process.on("message", (message) => void carryOut(Order.parse(message)))
process.send?.({ peerId: transport.peerId, addresses: transport.addresses() })

async function carryOut(order: z.infer<typeof Order>): Promise<void> {
  if ("dial" in order) await transport.dial(order.dial, order.addresses, AbortSignal.timeout(10_000))
  else if ("tell" in order) tells = true
  else await transport.publish(TOPIC, randomBytes(order.publish))
}
