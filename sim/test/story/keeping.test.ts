import { expect, test } from "vitest"

import { changeSettings } from "@starling/messenger"
import { encodeSealedMessage } from "@starling/messenger/parts"

import { gather } from "../../src/gather.ts"
import type { Person } from "../../src/person.ts"

const HOUR = 3_600_000

function kept(person: Person, group: string, author: Person): number[] {
  const { device } = author.state.durable.own
  return person.store
    .list("messages", group)
    .flatMap(({ key }) => (key.startsWith(device) ? [Number(key.slice(device.length + 1))] : []))
    .sort((a, b) => a - b)
}

function keptBytes(person: Person, group: string, author: Person): number {
  const counted = person.state.durable.groups.get(group)?.delivery.keptBytes.get(author.state.durable.own.device)
  const { device } = author.state.durable.own
  const there = person.store
    .list("messages", group)
    .filter(({ key }) => key.startsWith(device))
    .reduce((sum, { value }) => sum + value.length, 0)
  expect(counted).toBe(there)
  return there
}

test("ciphertext is kept for others as long as the person says, and own words until the others have them", () => {
  const { world, people, group } = gather(101, "alice", "bob", "carol")
  const [alice, bob, carol] = people as [Person, Person, Person]
  bob.verb((state, env) => changeSettings(state, { keepFor: HOUR }, env))
  alice.verb((state, env) => changeSettings(state, { keepFor: HOUR }, env))
  world.goOffline(carol)
  alice.send(group, "early")
  world.run(3_000)
  world.run(50 * 60_000)
  alice.send(group, "later")
  world.run(3_000)
  expect(kept(bob, group, alice)).toEqual([1, 2])
  expect(keptBytes(bob, group, alice)).toBeGreaterThan(0)
  world.run(11 * 60_000)
  expect(kept(bob, group, alice)).toEqual([2])
  keptBytes(bob, group, alice)
  world.run(HOUR)
  expect(kept(bob, group, alice)).toEqual([])
  expect(keptBytes(bob, group, alice)).toBe(0)
  // Carol has neither: the outbox of their author holds both.
  expect(kept(alice, group, alice)).toEqual([1, 2])
  world.connect(alice, carol)
  world.run(5_000)
  expect(carol.texts(group)).toEqual(["early", "later"])
  world.run(120_000)
  expect(kept(alice, group, alice)).toEqual([])
})

test("what version 0.1 kept, whose age is not known, is kept from now on", () => {
  const { world, people, group } = gather(102, "alice", "bob")
  const [alice, bob] = people as [Person, Person]
  const { device } = alice.state.durable.own
  const value = encodeSealedMessage({ device, seq: 7, sid: "00".repeat(32), mls: new Uint8Array(40) })
  bob.store.commit([{ kind: "put", bucket: "messages", partition: group, key: `${device}:7`, ordinal: 7, value }])
  world.run(60_000)
  expect(kept(bob, group, alice)).toEqual([7])
  expect(keptBytes(bob, group, alice)).toBe(value.length)
  bob.clockOffset = 73 * HOUR
  bob.restart()
  world.run(60_000)
  expect(kept(bob, group, alice)).toEqual([])
})

test("one author fills no disk: beyond the quota messages are shown, and not kept", () => {
  const { world, people, group } = gather(103, "alice", "bob")
  const [alice, bob] = people as [Person, Person]
  const { durable } = bob.state
  const known = durable.groups.get(group)!
  const { device } = alice.state.durable.own
  const keptBytes = new Map([[device, 32 * 1024 * 1024 - 100]])
  const groups = new Map(durable.groups).set(group, { ...known, delivery: { ...known.delivery, keptBytes } })
  bob.state = { ...bob.state, durable: { ...durable, groups } }
  alice.send(group, "one too many")
  world.run(1_000)
  expect(bob.texts(group)).toEqual(["one too many"])
  expect(kept(bob, group, alice)).toEqual([])
})

test("a time that is no choice is refused", () => {
  const { people } = gather(104, "alice")
  const [alice] = people as [Person]
  for (const keepFor of [HOUR - 1, 14 * 24 * HOUR + 1, Number.NaN]) {
    const outcome = changeSettings(alice.state, { keepFor }, alice.env())
    expect(outcome).toMatchObject({ kind: "refused", code: "bad-setting" })
  }
  alice.verb((state, env) => changeSettings(state, { keepFor: 2 * HOUR, receipts: false }, env))
  alice.restart()
  expect(alice.state.durable.settings).toMatchObject({ keepFor: 2 * HOUR, receipts: false })
  // A row of version 1 ended with the period of renewals: here three days.
  const value = Uint8Array.of(0, 1, 1, 0, 3)
  alice.store.commit([{ kind: "put", bucket: "self", partition: "", key: "settings", ordinal: 0, value }])
  alice.restart()
  expect(alice.state.durable.settings).toEqual({ healPeriod: 72 * HOUR, keepFor: 72 * HOUR, receipts: true })
})
