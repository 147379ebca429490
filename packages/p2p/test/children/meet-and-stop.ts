/** Two nodes meet, talk, and stop; the process then ends by itself, unless something is left over. */
import { openNode } from "@starling/p2p"

import { LOOPBACK, patience, seed } from "./seeds.ts"

const open = (name: string) => openNode({ seed: seed(name), listen: [LOOPBACK], mdns: true, clock: () => Date.now() })
{
  await using alice = await open("alice")
  await using bob = await open("bob")
  await bob.start({ connected() {}, disconnected() {}, gossip() {}, request: async (_protocol, payload) => payload })
  alice.subscribe("group", () => "accept")
  await alice.dial(bob.peerId, bob.addresses(), patience())
  await alice.request(bob.peerId, "hello", new Uint8Array(3), patience())
  process.stdout.write("met\n")
}
process.stdout.write("stopped\n")
