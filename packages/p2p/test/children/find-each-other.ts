/** Pairs of nodes that know nothing of each other but the network; prints how long each node took to be connected. */
import { openNode } from "@starling/p2p"

import { LOOPBACK, seed } from "./seeds.ts"

/** Opens a node; gives when it was opened and when it was first connected with the other one. */
async function find(
  name: string,
  other: Promise<string>,
): Promise<{ transport: AsyncDisposable; peerId: string; took: Promise<number> }> {
  const transport = await openNode({ seed: seed(name), listen: [LOOPBACK], mdns: true, clock: () => Date.now() })
  const opened = performance.now()
  const { promise: took, resolve } = Promise.withResolvers<number>()
  void other.then(async (peerId) => {
    await transport.start({
      connected: (link) => link.peerId === peerId && resolve(performance.now() - opened),
      disconnected() {},
      gossip() {},
      request: async (_protocol, payload) => payload,
    })
  })
  return { transport, peerId: transport.peerId, took }
}

const times: number[] = []
for (const [first, second] of [
  ["alice", "bob"],
  ["bob", "alice"],
] as const) {
  const other = Promise.withResolvers<string>()
  const one = await find(first, other.promise)
  await using _one = one.transport
  const two = await find(second, Promise.resolve(one.peerId))
  await using _two = two.transport
  other.resolve(two.peerId)
  times.push(await one.took, await two.took)
}
process.stdout.write(JSON.stringify(times))
