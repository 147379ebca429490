import { expect, test } from "vitest"

import { authenticateDevice, createIdentity, openPeer, ownIdentity, transportSeed } from "@starling/messenger"
import { computeSafetyNumber, encodeCertificate, peerIdOf } from "@starling/messenger/parts"

import { counting, device, deviceKeys, hexOf } from "../support/frames.ts"
import { MemoryStore } from "../support/memory-store.ts"
import { crypto, seededEnv } from "../support/seeded.ts"

const authenticate = authenticateDevice(crypto)

test("a device that its identity signed may use its own key, and no other", () => {
  const credential = { kind: "basic", identity: device.encoded } as const
  expect(authenticate(credential, deviceKeys.publicKey)).toBeUndefined()
  expect(authenticate(credential, counting(1, 32))).toBe("certified for another key")
})

test("any byte of a certificate changed makes it worthless", () => {
  for (let at = 0; at < device.encoded.length; at++) {
    const identity = device.encoded.slice()
    identity[at] = (identity[at] ?? 0) ^ 1
    expect(authenticate({ kind: "basic", identity }, deviceKeys.publicKey), `byte ${at}`).toBeTypeOf("string")
  }
})

test("credentials of another kind are refused", () => {
  expect(authenticate({ kind: "x509", certificates: [] }, deviceKeys.publicKey)).toBe("not a device certificate")
})

test("a PeerId is what libp2p derives from the key", () => {
  // The key of the peer id specification's Ed25519 example, and what js-libp2p makes of it.
  const key = hexOf("1ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e")
  expect(peerIdOf(key)).toBe("12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq")
})

test("a safety number is 12 groups of 5 digits, the same from both sides, and another for another pair", () => {
  const [one, other, third] = [counting(1, 32), counting(2, 32), counting(3, 32)].map((bytes) => {
    const keys = crypto.signature.deriveKeyPair(bytes)
    return ownIdentity(createIdentity(seededEnv(String(keys.publicKey[0]))).state).identity
  }) as [string, string, string]
  const number = computeSafetyNumber(crypto, one, other)
  expect(number).toMatch(/^(\d{5} ){11}\d{5}$/)
  expect(computeSafetyNumber(crypto, other, one)).toBe(number)
  expect(computeSafetyNumber(crypto, one, third)).not.toBe(number)
})

test("an identity is made of three draws, and read back from the store as it was", () => {
  const env = seededEnv("ada")
  const purposes: string[] = []
  const random = {
    draw: (length: number, purpose: string) => {
      purposes.push(`${purpose} ${length}`)
      return env.mls.random.draw(length, purpose)
    },
  }
  const step = createIdentity({ ...env, mls: { ...env.mls, random } })
  expect(purposes).toEqual(["identity key 32", "device signature key 32", "device transport key 32"])
  const store = new MemoryStore()
  expect(openPeer(store, env)).toEqual({ kind: "needs-identity" })
  store.commit(step.writes)
  const opened = openPeer(store, env)
  if (opened.kind !== "open") throw new Error("the identity is gone")
  expect(ownIdentity(opened.state)).toEqual(ownIdentity(step.state))
  expect(transportSeed(opened.state).expose()).toEqual(transportSeed(step.state).expose())
  expect(encodeCertificate(opened.state.durable.own.certificate)).toEqual(step.state.durable.own.encoded)
})

test("rows of a newer version are refused, and damaged ones told apart from them", () => {
  const env = seededEnv("ada")
  const store = new MemoryStore()
  store.commit(createIdentity(env).writes)
  const row = store.all("self")[0]!
  const put = (value: Uint8Array): void =>
    store.commit([{ kind: "put", bucket: "self", partition: "", key: "identity", ordinal: 0, value }])
  put(Uint8Array.from([0, 2, ...row.value.subarray(2)]))
  expect(() => openPeer(store, env)).toThrowError(expect.objectContaining({ reason: "newer-version" }))
  put(row.value.subarray(0, 40))
  expect(() => openPeer(store, env)).toThrowError(expect.objectContaining({ reason: "corrupt" }))
})
