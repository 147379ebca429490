import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { multiaddr } from "@multiformats/multiaddr"
import { expect, test } from "vitest"

import { utf8 } from "@starling/kernel"
import type { AddressBook, KnownPeer } from "@starling/p2p"
import { openNode } from "@starling/p2p"

import { LOOPBACK, patience, seed } from "./children/seeds.ts"
import { eventually, meet, openPeer, subscribersReach, texts } from "./peers.ts"
import { addressesOf, rawPeer, streamsOf } from "./raw-peer.ts"

const acceptAll = (): "accept" => "accept"
/** A PeerId that nobody here has. */
const nobody = "12D3KooWQCkBm1BYtkHpocxCwMgR8yjitEeHGx8spzcDLGt2gkBn"
const child = (name: string): string => join(import.meta.dirname, "children", name)

/** A network namespace of one's own, with multicast on loopback, takes the right to make one. */
const canIsolate = spawnSync("unshare", ["-Urn", "ip", "link", "set", "lo", "up"]).status === 0

test("a PeerId is made of the seed", async () => {
  await using first = await openPeer("alice")
  await using second = await openPeer("bob")
  expect(first.peerId).toBe("12D3KooWQCkBm1BYtkHpocxCwMgR8yjitEeHGx8spzcDLGt2gkBm")
  expect(second.peerId).not.toBe(first.peerId)
  expect(first.transport.addresses()[0]).toMatch(new RegExp(`^/ip4/127.0.0.1/tcp/\\d+/p2p/${first.peerId}$`))
})

test("both sides learn of a link and of its end", async () => {
  await using alice = await openPeer("alice", { clock: () => 1234 })
  {
    await using bob = await openPeer("bob")
    await meet(alice, bob)
    expect(alice.connected).toEqual([{ peerId: bob.peerId, address: bob.transport.addresses()[0], since: 1234 }])
    expect(bob.connected).toMatchObject([{ peerId: alice.peerId }])
  }
  await eventually(() => expect(alice.disconnected).toHaveLength(1))
  expect(alice.transport.links()).toEqual([])
})

test("events from before the start are handed over in order", async () => {
  await using alice = await openPeer("alice")
  await using bob = await openNode({ seed: seed("bob"), listen: [LOOPBACK], mdns: false, clock: () => 0 })
  bob.subscribe("group", acceptAll)
  await alice.transport.dial(bob.peerId, bob.addresses(), patience())
  const answer = alice.transport.request(bob.peerId, "hello", utf8("x"), patience())
  await subscribersReach(alice, "group", 1)
  const seen: string[] = []
  await bob.start({
    connected: () => seen.push("connected"),
    disconnected: () => seen.push("disconnected"),
    gossip: () => seen.push("gossip"),
    request: async (_protocol, payload) => payload,
  })
  expect(await answer).toEqual(utf8("x"))
  await eventually(() => expect(seen.slice(0, 2)).toEqual(["connected", "gossip"]))
  await expect(
    bob.start({ connected() {}, disconnected() {}, gossip() {}, request: async (_, p) => p }),
  ).rejects.toThrow(TypeError)
})

test("a libp2p node that is not Starling is hung up and never shown", async () => {
  await using alice = await openPeer("alice")
  await using stranger = await rawPeer({ hello: false })
  await stranger.dial(alice.transport.addresses().map((address) => multiaddr(address)))
  await eventually(() => expect(alice.reports).toContainEqual({ kind: "stranger", peerId: stranger.peerId.toString() }))
  await eventually(() => expect(stranger.getConnections()).toHaveLength(0))
  expect(alice.connected).toEqual([])
})

test("a node that does not say what it speaks is hung up after a while", async () => {
  await using alice = await openPeer("alice", { limits: { identifyTime: 500 } })
  await using silent = await rawPeer({ hello: true, identify: false })
  await silent.dial(alice.transport.addresses().map((address) => multiaddr(address)))
  await eventually(() => expect(silent.getConnections()).toHaveLength(0))
  expect(alice.connected).toEqual([])
})

test("there are no more connections than the limit says", async () => {
  await using stack = new AsyncDisposableStack()
  const hub = stack.use(await openPeer("hub", { limits: { connections: 3 } }))
  for (let i = 0; i < 6; i++) {
    const leaf = stack.use(await openPeer(`leaf ${i}`))
    await leaf.transport.dial(hub.peerId, hub.transport.addresses(), patience()).catch(() => {})
  }
  await eventually(() => expect(hub.transport.links().length).toBeGreaterThan(0))
  expect(hub.transport.links().length).toBeLessThanOrEqual(3)
})

test("attempts to reach a peer back off", async () => {
  const book: AddressBook = { load: () => [{ peerId: nobody, addresses: ["/ip4/127.0.0.1/tcp/1"] }], save: () => {} }
  const times: number[] = []
  await using _alice = await openPeer("alice", {
    addressBook: book,
    limits: { redialFirst: 300, yieldTime: 0 },
    report: ({ kind }) => kind === "dial-failed" && times.push(performance.now()),
  })
  await eventually(() => expect(times).toHaveLength(4))
  const pauses = times.slice(1).map((time, i) => time - times[i]!)
  expect(pauses[0]).toBeGreaterThan(200)
  expect(pauses[1]).toBeGreaterThan(pauses[0]!)
  expect(pauses[2]).toBeGreaterThan(pauses[1]!)
})

test("the address book gets a handful of addresses for each peer, the newest first", async () => {
  const saved: KnownPeer[] = []
  await using alice = await openPeer("alice", { addressBook: { load: () => [], save: (peer) => saved.push(peer) } })
  const addresses = Array.from({ length: 20 }, (_, i) => `/ip4/127.0.0.1/tcp/${i + 1}`)
  await alice.transport.dial(nobody, addresses, patience()).catch(() => {})
  await alice.transport.dial(nobody, ["/ip4/127.0.0.1/tcp/99"], patience()).catch(() => {})
  expect(saved.at(-1)).toEqual({ peerId: nobody, addresses: ["/ip4/127.0.0.1/tcp/99", ...addresses.slice(0, 7)] })
})

test("an address book that fails costs no link", async () => {
  const save = (): never => {
    throw new Error("disk full")
  }
  await using alice = await openPeer("alice", { addressBook: { load: () => [], save } })
  await using bob = await openPeer("bob")
  await meet(alice, bob)
  const failure = { kind: "address-book-failed", peerId: bob.peerId, error: { message: "disk full" } }
  expect(alice.reports[0]).toMatchObject(failure)
})

test("two peers that dial each other at once are one link, and gossip flows", async () => {
  await using alice = await openPeer("alice")
  await using bob = await openPeer("bob")
  for (const peer of [alice, bob]) peer.transport.subscribe("group", acceptAll)
  await Promise.all([meet(alice, bob), meet(bob, alice), meet(alice, bob)])
  expect(alice.connected).toHaveLength(1)
  expect(bob.connected).toHaveLength(1)
  await subscribersReach(alice, "group", 1)
  await subscribersReach(bob, "group", 1)
  await alice.transport.publish("group", utf8("once"))
  await eventually(() => expect(texts(bob)).toEqual(["once"]))
})

test("a peer that restarts is redialled, whichever of the two it is", async () => {
  const [low, high] = await inOrder()
  for (const [stays, restarts] of [
    [low, high],
    [high, low],
  ] as const) {
    await using first = await openPeer(stays)
    let address: string
    {
      await using second = await openPeer(restarts)
      address = second.transport.addresses()[0]!.split("/p2p/")[0]!
      await meet(first, second)
    }
    await eventually(() => expect(first.disconnected).toHaveLength(1))
    await using again = await openPeer(restarts, { listen: [address] })
    await eventually(() => expect(first.connected).toHaveLength(2))
    await eventually(() => expect(again.connected).toHaveLength(1))
  }
})

test("who comes back is a sign that others may be back", { timeout: 30_000 }, async () => {
  const gone: KnownPeer[] = []
  for (const name of ["bob", "carol"]) {
    await using peer = await openPeer(name)
    gone.push({ peerId: peer.peerId, addresses: peer.transport.addresses() })
  }
  const addressBook: AddressBook = { load: () => gone, save() {} }
  const seldom = { redialFirst: 60_000, redialLast: 60_000, yieldTime: 0 }
  await using alice = await openPeer("alice", { addressBook, limits: seldom })
  await eventually(() => expect(alice.reports.filter(({ kind }) => kind === "dial-failed")).toHaveLength(2))
  await using carol = await openPeer("carol", { listen: [gone[1]!.addresses[0]!.split("/p2p/")[0]!] })
  await using bob = await openPeer("bob")
  await bob.transport.dial(alice.peerId, alice.transport.addresses(), patience())
  await eventually(() => expect(alice.connected.at(-1)?.peerId).toBe(carol.peerId))
})

test("peers that the application asked for outlast the process", async () => {
  const saved = new Map<string, KnownPeer>()
  const addressBook: AddressBook = { load: () => [...saved.values()], save: (peer) => saved.set(peer.peerId, peer) }
  await using bob = await openPeer("bob")
  await using carol = await openPeer("carol")
  {
    await using alice = await openPeer("alice", { addressBook })
    await meet(alice, bob)
    await meet(carol, alice)
  }
  expect([...saved.keys()]).toEqual([bob.peerId])
  await using again = await openPeer("alice", { addressBook })
  await eventually(() => expect(again.connected.map((link) => link.peerId)).toContain(bob.peerId))
})

test("a link whose gossip has died is hung up and made anew", { timeout: 20_000 }, async () => {
  await using alice = await openPeer("alice", { limits: { gossipSilence: 1000 } })
  await using broken = await rawPeer({ hello: true })
  const peerId = broken.peerId.toString()
  alice.transport.subscribe("group", acceptAll)
  await alice.transport.dial(peerId, addressesOf(broken), patience())
  const gossip = (): number => streamsOf(broken, "/meshsub").length
  await eventually(() => expect(gossip()).toBe(2))
  for (const direction of ["inbound", "outbound"]) {
    const before = alice.connected.length
    for (const stream of streamsOf(broken, "/meshsub"))
      if (stream.direction === direction) stream.abort(new Error("dies"))
    await eventually(() => expect(alice.connected.length).toBe(before + 1))
    await eventually(async () => {
      const { recipients } = await broken.services.pubsub.publish("group", utf8(`after ${direction} ${Math.random()}`))
      expect(recipients).toHaveLength(1)
      expect(texts(alice).some((text) => text.startsWith(`after ${direction}`))).toBe(true)
    })
  }
  expect(alice.reports.filter(({ kind }) => kind === "gossip-silent")).toHaveLength(2)
})

test("an oversized RPC kills gossip for good, and the watchdog brings it back", { timeout: 20_000 }, async () => {
  await using alice = await openPeer("alice", { limits: { gossipSilence: 1000 } })
  await using broken = await rawPeer({ hello: true })
  alice.transport.subscribe("group", acceptAll)
  await alice.transport.dial(broken.peerId.toString(), addressesOf(broken), patience())
  await eventually(() => expect(broken.services.pubsub.getSubscribers("group")).toHaveLength(1))
  await eventually(() => expect(streamsOf(broken, "/meshsub")).toHaveLength(2))
  const outbound = streamsOf(broken, "/meshsub").find((stream) => stream.direction === "outbound")!
  outbound.send(new Uint8Array([0xff, 0xff, 0xff, 0x7f, 1, 2, 3]))
  await eventually(() => expect(alice.reports.some(({ kind }) => kind === "gossip-silent")).toBe(true))
  await eventually(() => expect(alice.connected).toHaveLength(2))
  await eventually(async () => {
    await broken.services.pubsub.publish("group", utf8(`healed ${Math.random()}`))
    expect(texts(alice).length).toBeGreaterThan(0)
  })
})

test("an idle link stays as it is", async () => {
  await using alice = await openPeer("alice", { limits: { gossipSilence: 500, identifyTime: 500 } })
  await using bob = await openPeer("bob", { limits: { gossipSilence: 500, identifyTime: 500 } })
  await meet(alice, bob)
  let ticks = 0
  await eventually(() => expect(ticks++).toBeGreaterThan(60))
  expect([...alice.reports, ...bob.reports, ...alice.disconnected, ...bob.disconnected]).toEqual([])
})

test("a peer that answers no ping is hung up", async () => {
  await using alice = await openPeer("alice", { limits: { pingPause: 100, pingTime: 1000 } })
  await using deaf = await rawPeer({ hello: true })
  await deaf.unhandle("/ipfs/ping/1.0.0")
  await deaf.handle("/ipfs/ping/1.0.0", () => {})
  const gone = { kind: "gone", peerId: deaf.peerId.toString() }
  await alice.transport.dial(gone.peerId, addressesOf(deaf), patience())
  await eventually(() => expect(alice.reports).toContainEqual(gone))
  await eventually(() => expect(alice.disconnected).toContain(gone.peerId))
})

test("a machine that is too busy to look takes nobody for gone", async () => {
  await using alice = await openPeer("alice", { limits: { pingPause: 100, pingTime: 600 } })
  await using bob = await rawPeer({ hello: true })
  await bob.unhandle("/ipfs/ping/1.0.0")
  let pings = 0
  await bob.handle("/ipfs/ping/1.0.0", async (stream) => {
    pings++
    // Both are in this process: while the answer waits, alice does not run either.
    const end = performance.now() + 1500
    while (performance.now() < end);
    stream.send(new Uint8Array(32))
    await stream.close()
  })
  await alice.transport.dial(bob.peerId.toString(), addressesOf(bob), patience())
  await eventually(() => expect(pings).toBeGreaterThan(2))
  expect([...alice.reports, ...alice.disconnected]).toEqual([])
})

test("a node that was stopped leaves nothing that keeps the process alive", async () => {
  const run = spawn(process.execPath, [child("meet-and-stop.ts")], { stdio: ["ignore", "pipe", "inherit"] })
  const output = run.stdout.toArray()
  const [code] = (await once(run, "exit", { signal: patience(15_000) })) as [number]
  expect(code).toBe(0)
  expect(String(Buffer.concat(await output))).toBe("met\nstopped\n")
})

test.skipIf(!canIsolate)(
  "peers on one network find each other in under three seconds (needs the right to make a network namespace)",
  { timeout: 20_000 },
  async () => {
    const setUp = "ip link set lo up multicast on && ip route add 224.0.0.0/4 dev lo && exec $0 $1"
    const script = child("find-each-other.ts")
    const run = spawn("unshare", ["-Urn", "sh", "-c", setUp, process.execPath, script], {
      stdio: ["ignore", "pipe", "inherit"],
    })
    const output = await run.stdout.toArray()
    const times = JSON.parse(String(Buffer.concat(output))) as number[]
    expect(times).toHaveLength(4)
    for (const time of times) expect(time).toBeLessThan(3000)
  },
)

/** Two names, the one with the lower PeerId first. */
async function inOrder(): Promise<readonly [string, string]> {
  await using alice = await openPeer("alice")
  await using bob = await openPeer("bob")
  return alice.peerId < bob.peerId ? ["alice", "bob"] : ["bob", "alice"]
}
