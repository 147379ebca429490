import { expect, test } from "vitest"

import { deliveryOf } from "@starling/messenger"

import { expectOneState, expectTexts } from "../support/expectations.ts"
import { gather } from "../../src/gather.ts"
import type { Person } from "../../src/person.ts"
import { FAIR, World } from "../../src/world.ts"

test("where gossip drops everything, sync alone delivers", () => {
  const { world, people, group } = gather(7, "alice", "bob", "carol")
  const [alice, bob, carol] = people as [Person, Person, Person]
  world.weather = { ...FAIR, loss: 1 }
  const id = alice.send(group, "by sync")
  bob.heal(group)
  carol.send(group, "by sync too")
  world.run(40_000)
  expectOneState(group, alice, bob, carol)
  expectTexts(group, ["by sync", "by sync too"], alice, bob, carol)
  expect(deliveryOf(alice.state, group, id)).toMatchObject({ delivered: 2, recipients: 2 })
})

test("a member who was away catches up through a third one, while the author is away", () => {
  const { world, people, group } = gather(8, "alice", "bob", "carol")
  const [alice, bob, carol] = people as [Person, Person, Person]
  world.goOffline(carol)
  const texts = Array.from({ length: 30 }, (_, i) => `message ${i}`)
  for (const text of texts) {
    alice.send(group, text)
    world.run(200)
    if (text.endsWith("5")) alice.heal(group)
  }
  world.run(3_000)
  world.goOffline(alice)
  world.connect(bob, carol)
  world.run(20_000)
  expectTexts(group, texts, carol)
  expectOneState(group, alice, bob, carol)
})

test("an author soon knows on how many devices a message is", () => {
  const { world, people, group } = gather(9, "alice", "bob", "carol")
  const [alice, , carol] = people as [Person, Person, Person]
  world.goOffline(carol)
  const id = alice.send(group, "who has it?")
  expect(deliveryOf(alice.state, group, id)).toMatchObject({ reached: 0, delivered: 0, recipients: 2 })
  world.run(5_000)
  expect(deliveryOf(alice.state, group, id)).toMatchObject({ reached: 1, delivered: 1, recipients: 2 })
  world.meetAll()
  world.run(20_000)
  expect(deliveryOf(alice.state, group, id)).toMatchObject({ delivered: 2, recipients: 2 })
})

test("an invitation waits for its invitee, and another member can bring it about", () => {
  const { world, people, group } = gather(10, "alice", "bob")
  const [alice, bob] = people as [Person, Person]
  const dave = world.person("dave")
  alice.knows(dave)
  alice.invite(group, dave)
  world.run(3_000)
  expect(bob.detail(group).waiting).toEqual([{ identity: dave.identity, name: "dave" }])
  world.goOffline(alice)
  world.connect(bob, dave)
  world.run(15_000)
  dave.accept(group)
  world.run(5_000)
  expectOneState(group, bob, dave)
  world.connect(alice, bob)
  world.run(15_000)
  expectOneState(group, alice, bob, dave)
})

test("somebody leaves: the others go on without, and the keys are gone", () => {
  const { world, people, group } = gather(11, "alice", "bob", "carol")
  const [alice, bob, carol] = people as [Person, Person, Person]
  carol.leave(group)
  world.run(30_000)
  expect(carol.phase(group)).toBe("left")
  expect(carol.detail(group).epochAuthenticator).toBe("")
  alice.send(group, "carol is gone")
  world.run(2_000)
  expectOneState(group, alice, bob)
  expect(bob.memberNames(group)).toEqual(["alice", "bob"])
  expectTexts(group, ["carol is gone"], alice, bob)
  expectTexts(group, [], carol)
})

test("somebody who left is invited again and goes on where the log ended", () => {
  const { world, people, group } = gather(12, "alice", "bob", "carol")
  const [alice, bob, carol] = people as [Person, Person, Person]
  carol.send(group, "before")
  world.run(1_000)
  carol.leave(group)
  world.run(30_000)
  alice.invite(group, carol)
  world.run(3_000)
  carol.accept(group)
  world.run(15_000)
  expectOneState(group, alice, bob, carol)
  carol.send(group, "after")
  carol.heal(group)
  world.run(15_000)
  expectOneState(group, alice, bob, carol)
  expectTexts(group, ["before", "after"], alice, bob, carol)
})

test("with plain topics a group's topic is its UUID, through removals too", () => {
  const world = new World(13)
  const [alice, bob, carol] = ["alice", "bob", "carol"].map((name) => world.person(name, 0, { plainTopics: true })) as [
    Person,
    Person,
    Person,
  ]
  world.meetAll()
  alice.knows(bob, carol)
  const group = alice.createGroup()
  for (const other of [bob, carol]) {
    alice.invite(group, other)
    world.run(500)
    other.accept(group)
    world.run(500)
  }
  alice.remove(group, carol)
  world.run(5_000)
  bob.send(group, "hello")
  world.run(100)
  expectTexts(group, ["hello"], alice, bob)
  expect(alice.topics).toContain(`/starling/group/${group}`)
  expect(alice.topics.size).toBe(2)
})

test("a member whose answer was never taken is asked again after a minute", () => {
  const { world, people, group } = gather(19, "alice", "bob")
  const [alice, bob] = people as [Person, Person]
  // As where taking the answer threw: the step that would have ended the request did not happen.
  bob.input((state, env) => {
    const requests = new Map(state.requests)
    requests.set("sync lost", { kind: "sync", peerId: alice.peerId, group, at: env.now })
    return { state: { ...state, requests }, writes: [], deferrable: true, effects: [], wakeAt: env.now }
  })
  world.weather = { ...world.weather, loss: 1 }
  alice.send(group, "does it come?")
  const asked: number[] = []
  const began = world.now
  bob.overheard = (effect) => {
    if (effect.kind === "request" && effect.protocol === "sync") asked.push(world.now - began)
  }
  world.run(90_000)
  expect(asked[0]).toBeGreaterThanOrEqual(60_000)
  expect(asked.length).toBeGreaterThanOrEqual(2)
  expect(bob.state.requests.has("sync lost")).toBe(false)
})

test("that a message has arrived costs no commit, and is learnt again after a crash", () => {
  const { world, people, group } = gather(12, "alice", "bob")
  const [alice, bob] = people as [Person, Person]
  const [hers, his] = [alice.store.commits, bob.store.commits]
  const id = alice.send(group, "counted")
  expect(alice.store.commits - hers).toBe(1)
  world.run(5_000)
  expect(deliveryOf(alice.state, group, id)).toMatchObject({ reached: 1, delivered: 1, recipients: 1 })
  expect([alice.store.commits - hers, bob.store.commits - his]).toEqual([1, 1])
  alice.restart()
  expect(deliveryOf(alice.state, group, id)).toMatchObject({ reached: 0, delivered: 0, recipients: 1 })
  world.run(20_000)
  expect(deliveryOf(alice.state, group, id)).toMatchObject({ delivered: 1, recipients: 1 })
})
