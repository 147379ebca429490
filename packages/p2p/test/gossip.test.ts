import { Socket } from "node:net"

import { multiaddr } from "@multiformats/multiaddr"
import { expect, test, vi } from "vitest"

import { fromUtf8, utf8 } from "@starling/kernel"
import { MAX_GOSSIP_BYTES } from "@starling/messenger/ports"

import { eventually, meet, openPeer, subscribersReach, texts, type Peer } from "./peers.ts"
import { gossipRpc, rawPeer } from "./raw-peer.ts"

const acceptAll = (): "accept" => "accept"

test("what one publishes reaches all, also those whom it knows only through others", async () => {
  await using alice = await openPeer("alice")
  await using bob = await openPeer("bob")
  await using carol = await openPeer("carol")
  for (const peer of [alice, bob, carol]) peer.transport.subscribe("group", acceptAll)
  await meet(alice, bob)
  await meet(bob, carol)
  await subscribersReach(bob, "group", 2)
  await subscribersReach(alice, "group", 1)
  await subscribersReach(carol, "group", 1)
  await alice.transport.publish("group", utf8("from alice"))
  await carol.transport.publish("group", utf8("from carol"))
  await eventually(() => {
    expect(texts(alice)).toEqual(["from carol"])
    expect(texts(bob).sort()).toEqual(["from alice", "from carol"])
    expect(carol.gossip).toContainEqual({ topic: "group", text: "from alice", from: bob.peerId })
  })
})

test("without subscribers nothing is sent, and the same bytes can be published again", async () => {
  await using alice = await openPeer("alice")
  await using bob = await openPeer("bob")
  expect(await alice.transport.publish("group", utf8("early"))).toBe(0)
  await meet(alice, bob)
  expect(await alice.transport.publish("group", utf8("early"))).toBe(0)
  bob.transport.subscribe("group", acceptAll)
  bob.transport.subscribe("group", acceptAll)
  await eventually(async () => expect(await alice.transport.publish("group", utf8("early"))).toBe(1))
  await eventually(() => expect(texts(bob)).toEqual(["early"]))
})

test("what is published goes to the system whole, not the length of its frame before the rest", async () => {
  await using alice = await openPeer("alice")
  await using bob = await openPeer("bob")
  for (const peer of [alice, bob]) peer.transport.subscribe("group", acceptAll)
  await meet(alice, bob)
  await subscribersReach(alice, "group", 1)
  const write = vi.spyOn(Socket.prototype, "write")
  await alice.transport.publish("group", utf8("whole"))
  await eventually(() => expect(texts(bob)).toEqual(["whole"]))
  const lengths = write.mock.calls.map(([chunk]) => chunk.length)
  write.mockRestore()
  expect(Math.max(...lengths)).toBeGreaterThan("whole".length)
  expect(Math.min(...lengths)).toBeGreaterThan(2)
})

test("a topic that was left brings nothing more", async () => {
  await using alice = await openPeer("alice")
  await using bob = await openPeer("bob")
  bob.transport.subscribe("group", acceptAll)
  bob.transport.subscribe("other", acceptAll)
  await meet(alice, bob)
  await subscribersReach(alice, "group", 1)
  bob.transport.unsubscribe("group")
  bob.transport.unsubscribe("never-joined")
  await alice.transport.publish("group", utf8("too late"))
  await subscribersReach(alice, "other", 1)
  await alice.transport.publish("other", utf8("in time"))
  await eventually(() => expect(texts(bob)).toEqual(["in time"]))
})

test("the largest message passes", async () => {
  await using alice = await openPeer("alice")
  await using bob = await openPeer("bob")
  bob.transport.subscribe("group", acceptAll)
  await meet(alice, bob)
  await subscribersReach(alice, "group", 1)
  const text = "x".repeat(MAX_GOSSIP_BYTES)
  await alice.transport.publish("group", utf8(text))
  await eventually(() => expect(texts(bob)).toEqual([text]))
})

test("what is rejected is not passed on, and who keeps sending it is hung up and refused", async () => {
  await using mallory = await openPeer("mallory")
  await using bob = await openPeer("bob")
  await using carol = await openPeer("carol")
  mallory.transport.subscribe("group", acceptAll)
  carol.transport.subscribe("group", acceptAll)
  bob.transport.subscribe("group", (data) => (fromUtf8(data)?.startsWith("bad") === true ? "reject" : "accept"))
  await meet(mallory, bob)
  await meet(bob, carol)
  await subscribersReach(mallory, "group", 1)
  await subscribersReach(bob, "group", 2)
  let sent = 0
  await eventually(async () => {
    await mallory.transport.publish("group", utf8(`bad ${sent++}`))
    expect(bob.reports).toContainEqual({ kind: "refused", peerId: mallory.peerId, fault: "rejected-gossip" })
  })
  expect(sent).toBeGreaterThan(20)
  await eventually(() => expect(bob.disconnected).toEqual([mallory.peerId]))
  await expect(
    mallory.transport
      .dial(bob.peerId, bob.transport.addresses(), AbortSignal.timeout(2000))
      .then(() => mallory.transport.request(bob.peerId, "hello", utf8(""), AbortSignal.timeout(2000))),
  ).rejects.toThrow()
  await expect(bob.transport.request(mallory.peerId, "hello", utf8(""), AbortSignal.timeout(2000))).rejects.toThrow(
    "refused",
  )
  await bob.transport.publish("group", utf8("still here"))
  await eventually(() => expect(texts(carol)).toEqual(["still here"]))
  expect(bob.transport.links().map((link) => link.peerId)).toEqual([carol.peerId])
})

test("a neighbour that floods is cut down to its rate, and refused when it goes on", async () => {
  await using mallory = await openPeer("mallory")
  await using bob = await openPeer("bob", { limits: { gossipBurst: 20, gossipRate: 0, faultBurst: 30 } })
  bob.transport.subscribe("group", acceptAll)
  await meet(mallory, bob)
  let sent = 0
  await eventually(async () => {
    await mallory.transport.publish("group", utf8(`${sent++}`))
    expect(bob.reports).toContainEqual({ kind: "refused", peerId: mallory.peerId, fault: "gossip-flood" })
  })
  expect(bob.gossip).toHaveLength(20)
})

test.for([
  { fault: "gossip-flood", name: "on a topic that nobody here follows", topic: "unknown", size: 10, count: 60 },
  {
    fault: "oversized-gossip",
    name: "with messages beyond the limit",
    topic: "group",
    size: MAX_GOSSIP_BYTES + 1,
    count: 8,
  },
])("a neighbour that floods $name is refused", async ({ fault, topic, size, count }) => {
  await using bob = await openPeer("bob", { limits: { gossipBurst: 20, gossipRate: 0, faultBurst: 30 } })
  await using mallory = await rawPeer({ hello: true })
  bob.transport.subscribe("group", acceptAll)
  const connection = await mallory.dial(bob.transport.addresses().map((address) => multiaddr(address)))
  const stream = await connection.newStream("/meshsub/1.2.0")
  const rpc = (i: number): Uint8Array => gossipRpc(topic, new Uint8Array(size).fill(i))
  for (let i = 0; i < count; i++) stream.send(rpc(i))
  await eventually(() => {
    expect(bob.reports).toContainEqual({ kind: "refused", peerId: mallory.peerId.toString(), fault })
    expect(mallory.getConnections()).toHaveLength(0)
  })
  expect(bob.gossip).toEqual([])
})

test("fifteen peers on one address hear each other", { timeout: 30_000 }, async () => {
  await using stack = new AsyncDisposableStack()
  const peers: Peer[] = []
  for (let i = 0; i < 15; i++) peers.push(stack.use(await openPeer(`peer ${i}`)))
  const [hub, ...leaves] = peers as [Peer, ...Peer[]]
  for (const peer of peers) peer.transport.subscribe("group", acceptAll)
  for (const leaf of leaves) await meet(leaf, hub)
  await subscribersReach(hub, "group", 12)
  for (const peer of peers) {
    const text = utf8(`from ${peer.peerId}`)
    await eventually(async () => expect(await peer.transport.publish("group", text)).toBeGreaterThan(0))
  }
  await eventually(() => {
    for (const peer of peers) expect(texts(peer)).toHaveLength(14)
  }, 20_000)
})
