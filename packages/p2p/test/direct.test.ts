import { inspect } from "node:util"
import * as fc from "fast-check"
import { multiaddr } from "@multiformats/multiaddr"
import { expect, test } from "vitest"

import { concat, fromUtf8, utf8 } from "@starling/kernel"
import { DIRECT_PROTOCOLS, MAX_DIRECT_BYTES, TransportError } from "@starling/messenger/ports"

import { patience } from "./children/seeds.ts"
import { eventually, meet, openPeer } from "./peers.ts"
import { exchange, rawPeer } from "./raw-peer.ts"

test("a request is answered, on every protocol and up to the largest size", async () => {
  await using alice = await openPeer("alice")
  await using bob = await openPeer("bob", {
    answer: async (payload, from, _signal, protocol) => concat(utf8(`${protocol} ${from} `), payload.slice(0, 3)),
  })
  await meet(alice, bob)
  for (const protocol of DIRECT_PROTOCOLS) {
    const answer = await alice.transport.request(bob.peerId, protocol, utf8("hey"), patience())
    expect(fromUtf8(answer)).toBe(`${protocol} ${alice.peerId} hey`)
  }
  expect(await bob.transport.request(alice.peerId, "sync", utf8(""), patience())).toEqual(utf8(""))
  const large = new Uint8Array(MAX_DIRECT_BYTES).map((_, i) => i % 251)
  const echo = await bob.transport.request(alice.peerId, "sync", large, patience())
  expect(Buffer.compare(echo, large)).toBe(0)
})

test("a peer that is not connected is dialled, and one without an address is unreachable", async () => {
  await using alice = await openPeer("alice")
  await using bob = await openPeer("bob")
  await expect(alice.transport.request(bob.peerId, "hello", utf8(""), patience())).rejects.toThrow(TransportError)
  await expect(alice.transport.dial(bob.peerId, ["/ip4/127.0.0.1/tcp/1"], patience())).rejects.toThrow(TransportError)
  await expect(alice.transport.dial("nonsense", [], patience())).rejects.toThrow(TransportError)
  await alice.transport.dial(bob.peerId, ["nonsense", ...bob.transport.addresses()], patience())
  expect(await alice.transport.request(bob.peerId, "hello", utf8("x"), patience())).toEqual(utf8("x"))
})

test("a peer with another key at the address is not taken for the one that was dialled", async () => {
  await using alice = await openPeer("alice")
  await using bob = await openPeer("bob")
  await using carol = await openPeer("carol")
  const address = bob.transport.addresses()[0]!.replace(bob.peerId, carol.peerId)
  await expect(alice.transport.dial(carol.peerId, [address], patience())).rejects.toThrow(TransportError)
})

test("what one may not send is a mistake of the caller", async () => {
  await using alice = await openPeer("alice")
  const tooLarge = new Uint8Array(MAX_DIRECT_BYTES + 1)
  await expect(alice.transport.request("x", "sync", tooLarge, patience())).rejects.toThrow(RangeError)
  await expect(alice.transport.publish("topic", tooLarge)).rejects.toThrow(RangeError)
})

test("a request that the core refuses is reset, and the core's reason stays here", async () => {
  await using alice = await openPeer("alice")
  await using bob = await openPeer("bob", { answer: () => Promise.reject(new Error("a secret of bob")) })
  await meet(alice, bob)
  const failure: unknown = await alice.transport
    .request(bob.peerId, "sync", utf8("x"), patience())
    .catch((e: unknown) => e)
  expect(failure).toBeInstanceOf(TransportError)
  expect(inspect(failure)).not.toContain("secret")
  expect(bob.reports).toMatchObject([
    { kind: "request-failed", protocol: "sync", error: { message: "a secret of bob" } },
  ])
})

test("an answer that is too large or too late ends the request on both sides", async () => {
  const aborted: unknown[] = []
  await using alice = await openPeer("alice")
  await using bob = await openPeer("bob", {
    limits: { requestTime: 300 },
    answer: async (payload, _from, signal) => {
      if (payload.length > 0) return new Uint8Array(MAX_DIRECT_BYTES + 1)
      return await new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          aborted.push(signal.reason)
          reject(signal.reason)
        })
      })
    },
  })
  await meet(alice, bob)
  await expect(alice.transport.request(bob.peerId, "sync", utf8("large"), patience())).rejects.toThrow(TransportError)
  await expect(alice.transport.request(bob.peerId, "sync", utf8(""), patience())).rejects.toThrow(TransportError)
  expect(aborted).toHaveLength(1)
})

test("the caller's signal ends a request at once, and the one who answers is told", async () => {
  const told = Promise.withResolvers<void>()
  const asked = Promise.withResolvers<void>()
  await using alice = await openPeer("alice")
  await using bob = await openPeer("bob", {
    answer: (_payload, _from, signal) => {
      asked.resolve()
      return new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => (told.resolve(), reject(signal.reason)))
      })
    },
  })
  await meet(alice, bob)
  const impatience = new AbortController()
  const request = alice.transport.request(bob.peerId, "sync", utf8(""), impatience.signal)
  await asked.promise
  impatience.abort()
  await expect(request).rejects.toThrow(TransportError)
  await told.promise
})

test("a peer gets no more than its share of requests under way", async () => {
  let under = 0
  let most = 0
  await using alice = await openPeer("alice")
  await using bob = await openPeer("bob", {
    answer: async (payload) => {
      most = Math.max(most, ++under)
      await new Promise(setImmediate)
      under--
      return payload
    },
  })
  await meet(alice, bob)
  const requests = Array.from({ length: 30 }, (_, i) =>
    alice.transport.request(bob.peerId, "sync", utf8(`${i}`), patience()),
  )
  const answers = await Promise.all(requests)
  expect(answers.map((answer) => fromUtf8(answer))).toEqual(Array.from({ length: 30 }, (_, i) => `${i}`))
  expect(most).toBeLessThanOrEqual(4)
  expect(most).toBeGreaterThan(1)
})

test("a flood of requests is cut off and then refused, and others are still served", async () => {
  await using bob = await openPeer("bob", { limits: { requestBurst: 10, requestRate: 1, faultBurst: 10 } })
  await using carol = await openPeer("carol")
  await using mallory = await rawPeer({ hello: true })
  await meet(carol, bob)
  await mallory.dial(bob.transport.addresses().map((address) => multiaddr(address)))
  const outcomes: { bytes: number }[] = []
  for (let i = 0; i < 40 && mallory.getConnections().length > 0; i++) {
    outcomes.push(await exchange(mallory, bob, "/starling/sync/1.0.0", new Uint8Array([0, 0, 0, 0])))
  }
  expect(outcomes.filter(({ bytes }) => bytes === 4)).toHaveLength(10)
  await eventually(() => {
    expect(bob.reports).toContainEqual({ kind: "refused", peerId: mallory.peerId.toString(), fault: "request-flood" })
    expect(mallory.getConnections()).toHaveLength(0)
  })
  await mallory.dial(bob.transport.addresses().map((address) => multiaddr(address))).catch(() => {})
  await eventually(() => expect(mallory.getConnections()).toHaveLength(0))
  expect(await carol.transport.request(bob.peerId, "sync", utf8("x"), patience())).toEqual(utf8("x"))
})

test("who opens streams and says nothing holds no more than its share, and not for long", async () => {
  await using bob = await openPeer("bob", { limits: { requestTime: 1000, requestsServed: 4 } })
  await using carol = await openPeer("carol")
  await using mallory = await rawPeer({ hello: true })
  await meet(carol, bob)
  const connection = await mallory.dial(bob.transport.addresses().map((address) => multiaddr(address)))
  const streams = await Promise.all([1, 2, 3, 4].map(() => connection.newStream("/starling/sync/1.0.0")))
  for (const stream of streams) stream.send(new Uint8Array([0, 0]))
  expect(await exchange(mallory, bob, "/starling/hello/1.0.0", new Uint8Array(4))).toEqual({ bytes: 0, reset: true })
  expect(await carol.transport.request(bob.peerId, "sync", utf8("x"), patience())).toEqual(utf8("x"))
  await eventually(() => expect(streams.map(({ status }) => status)).toEqual(Array(4).fill("reset")))
  expect(await exchange(mallory, bob, "/starling/hello/1.0.0", new Uint8Array(4))).toEqual({ bytes: 4, reset: false })
})

test("a request that is broken off frees its place", async () => {
  let asked = 0
  await using bob = await openPeer("bob", { answer: async (payload) => (asked++, payload) })
  await using mallory = await rawPeer({ hello: true })
  const connection = await mallory.dial(bob.transport.addresses().map((address) => multiaddr(address)))
  for (let i = 0; i < 20; i++) {
    const stream = await connection.newStream("/starling/sync/1.0.0")
    stream.send(new Uint8Array([0, 0, 0, 9, 1]))
    stream.abort(new Error("never mind"))
  }
  await eventually(async () => {
    expect(await exchange(mallory, bob, "/starling/hello/1.0.0", new Uint8Array(4))).toEqual({ bytes: 4, reset: false })
  })
  expect(asked).toBe(1)
})

test("a refusal ends", async () => {
  await using alice = await openPeer("alice")
  await using bob = await openPeer("bob", {
    limits: { requestBurst: 1, requestRate: 100, faultBurst: 0, refusalTime: 1000 },
  })
  await meet(alice, bob)
  const requests = [1, 2, 3, 4].map(() => alice.transport.request(bob.peerId, "sync", utf8(""), patience()))
  const outcomes = await Promise.allSettled(requests)
  expect(outcomes.some(({ status }) => status === "rejected")).toBe(true)
  expect(bob.reports).toContainEqual({ kind: "refused", peerId: alice.peerId, fault: "request-flood" })
  await eventually(() => expect(bob.connected).toHaveLength(2))
})

test.for([
  { name: "a length beyond the limit", bytes: new Uint8Array([0xff, 0xff, 0xff, 0xff, 1, 2, 3]) },
  { name: "fewer bytes than the length says", bytes: new Uint8Array([0, 0, 0, 9, 1, 2, 3]) },
  { name: "more bytes than the length says", bytes: new Uint8Array([0, 0, 0, 1, 1, 2, 3]) },
  { name: "no length at all", bytes: new Uint8Array([0]) },
])("$name is reset without a word and never reaches the core", async ({ bytes }) => {
  let asked = 0
  await using bob = await openPeer("bob", { answer: async (payload) => (asked++, payload) })
  await using mallory = await rawPeer({ hello: true })
  await mallory.dial(bob.transport.addresses().map((address) => multiaddr(address)))
  expect(await exchange(mallory, bob, "/starling/sync/1.0.0", bytes)).toEqual({ bytes: 0, reset: true })
  expect(asked).toBe(0)
})

test("random bytes on any protocol harm nobody", { timeout: 30_000 }, async () => {
  await using bob = await openPeer("bob", { limits: { faultBurst: 1e9, requestBurst: 1e9 } })
  await using carol = await openPeer("carol")
  await using mallory = await rawPeer({ hello: true })
  await meet(carol, bob)
  const protocols = [
    ...DIRECT_PROTOCOLS.map((name) => `/starling/${name}/1.0.0`),
    "/meshsub/1.2.0",
    "/floodsub/1.0.0",
    "/ipfs/id/1.0.0",
    "/ipfs/ping/1.0.0",
  ]
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...protocols), fc.uint8Array({ maxLength: 300 }), async (protocol, bytes) => {
      await mallory.dial(bob.transport.addresses().map((address) => multiaddr(address)))
      const done = exchange(mallory, bob, protocol, bytes)
      await Promise.race([done, new Promise((resolve) => setTimeout(resolve, 50))])
    }),
    { numRuns: 80 },
  )
  expect(await carol.transport.request(bob.peerId, "sync", utf8("x"), patience())).toEqual(utf8("x"))
})
