import { expect, test } from "vitest"

import { createIdentity, openPeer, ownIdentity, transportSeed } from "@starling/messenger"
import { encodeCertificate } from "@starling/messenger/parts"

import { MemoryStore } from "../../src/memory-store.ts"
import { seededEnv } from "../../src/seeded.ts"

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
