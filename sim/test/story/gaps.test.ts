import { expect, test } from "vitest"

import { expectTexts } from "../support/expectations.ts"
import { loseKept } from "../support/mishaps.ts"
import { standingOf } from "../../src/forged-commit.ts"
import { gather } from "../../src/gather.ts"
import type { Person } from "../../src/person.ts"

const HOUR = 3_600_000

test("messages that nobody who is there can supply are one gap in their place, until they come", () => {
  const { world, people, group } = gather(91, "alice", "bob", "carol")
  const [alice, bob, carol] = people as [Person, Person, Person]
  world.goOffline(carol)
  for (const text of ["one", "two", "three"]) alice.send(group, text)
  world.run(3_000)
  loseKept(bob, group, alice, 2)
  world.goOffline(alice)
  world.connect(bob, carol)
  world.run(5_000)
  expectTexts(group, ["three"], carol)
  // Not at once: it may be on its way.
  expect(carol.detail(group).gaps).toEqual([])
  world.run(20_000)
  const [three] = carol.messages(group)
  expect(carol.detail(group).gaps).toEqual([
    { why: "missing", from: alice.identity, name: "alice", count: 2, before: three?.id },
  ])
  expect(carol.notifications.some((event) => event.kind === "group")).toBe(true)
  carol.restart()
  world.run(1_000)
  expect(carol.detail(group).gaps).toMatchObject([{ count: 2, before: three?.id }])

  const heard = carol.notifications.length
  world.connect(alice, carol)
  world.run(3_000)
  expectTexts(group, ["one", "two", "three"], carol)
  expect(carol.detail(group).gaps).toEqual([])
  expect(carol.notifications.slice(heard).some((event) => event.kind === "group")).toBe(true)
})

test("what only a member's word tells of stands last, and goes when it comes", () => {
  const { world, people, group } = gather(92, "alice", "bob", "carol")
  const [alice, bob, carol] = people as [Person, Person, Person]
  world.goOffline(carol)
  alice.send(group, "kept by nobody")
  world.run(3_000)
  loseKept(bob, group, alice, 1)
  world.goOffline(alice)
  world.connect(bob, carol)
  world.run(25_000)
  expect(carol.detail(group).gaps).toEqual([{ why: "missing", from: alice.identity, name: "alice", count: 1 }])
  world.connect(alice, carol)
  world.run(3_000)
  expect(carol.detail(group).gaps).toEqual([])
})

test("a joiner misses nothing of what was said before, whoever invited", () => {
  const { world, people, group } = gather(93, "alice", "bob")
  const [alice, bob] = people as [Person, Person]
  for (let i = 0; i < 5; i++) alice.send(group, `before ${i}`)
  world.run(3_000)
  const dave = world.person("dave")
  world.meetAll()
  bob.knows(dave)
  bob.invite(group, dave)
  world.run(3_000)
  dave.accept(group)
  world.run(3_000)
  alice.send(group, "after")
  world.run(60_000)
  expectTexts(group, ["after"], dave)
  expect(dave.detail(group).gaps).toEqual([])
})

test("somebody who was out in between is told that what was said meanwhile was not for them", () => {
  const { world, people, group } = gather(94, "alice", "bob", "carol")
  const [alice, , carol] = people as [Person, Person, Person]
  alice.send(group, "with carol")
  world.run(3_000)
  alice.remove(group, carol)
  world.run(5_000)
  alice.send(group, "without carol")
  world.run(3_000)
  alice.invite(group, carol)
  world.run(3_000)
  carol.accept(group)
  world.run(5_000)
  alice.send(group, "with carol again")
  world.run(60_000)
  expectTexts(group, ["with carol", "with carol again"], carol)
  expect(carol.detail(group).gaps).toEqual([])
})

test("what comes after the keys to it are gone stays a gap, and is not sent again at every exchange", () => {
  const { world, people, group } = gather(95, "alice", "bob", "carol")
  const [alice, bob, carol] = people as [Person, Person, Person]
  world.goOffline(carol)
  alice.send(group, "too late")
  world.run(3_000)
  const { live } = carol.state.durable.groups.get(group)!
  alice.heal(group)
  world.run(3_000)
  const rows = bob.store.list("messages", group)
  loseKept(bob, group, alice, 1)
  world.goOffline(alice)
  world.connect(bob, carol)
  world.run(5_000)
  for (const person of people) person.clockOffset = 25 * HOUR
  bob.restart()
  carol.restart()
  world.run(60_000)
  expect(standingOf(carol, group, live)).toBe("dropped")
  bob.store.commit(rows.map((row) => ({ kind: "put", bucket: "messages", ...row })))
  world.run(30_000)
  expectTexts(group, [], carol)
  expect(carol.detail(group).gaps).toEqual([{ why: "missing", from: alice.identity, name: "alice", count: 1 }])
  expect(carol.state.work.get(group)?.unreadable.get(alice.state.durable.own.device)).toEqual([{ from: 1, to: 1 }])

  // Its author sends it again, and says that it is the same.
  world.connect(alice, carol)
  world.run(60_000)
  expectTexts(group, ["too late"], carol)
  expect(carol.detail(group).gaps).toEqual([])
})

test("somebody who was out is told by who brings them back what was said meanwhile, though no ciphertext tells of it any more", () => {
  const { world, people, group } = gather(96, "alice", "bob", "carol")
  const [alice, bob, carol] = people as [Person, Person, Person]
  alice.send(group, "with carol")
  world.run(3_000)
  alice.remove(group, carol)
  world.run(5_000)
  for (const text of ["without carol", "and again"]) alice.send(group, text)
  world.run(3_000)
  loseKept(alice, group, alice, 3)
  world.goOffline(bob)
  alice.invite(group, carol)
  world.run(3_000)
  carol.accept(group)
  world.run(60_000)
  expectTexts(group, ["with carol"], carol)
  expect(carol.detail(group).gaps).toEqual([])
  alice.send(group, "with carol again")
  world.run(60_000)
  expect(carol.detail(group).gaps).toEqual([])
})

test("a number under which a message went out first is no gap, by the author's word that any member passes on", () => {
  const { world, people, group } = gather(97, "bob", "alice", "carol", "dave")
  const [bob, alice, carol, dave] = people as [Person, Person, Person, Person]
  world.partition([alice], [bob, carol, dave])
  alice.heal(group)
  alice.send(group, "said alone")
  bob.heal(group)
  world.run(5_000)
  carol.heal(group)
  world.run(20_000)
  loseKept(alice, group, alice, 1)
  world.partition([alice, carol, dave], [bob])
  world.run(180_000)
  expectTexts(group, ["said alone"], alice, carol, dave)
  expect(alice.state.durable.groups.get(group)?.sentCount).toBeGreaterThan(1)
  world.goOffline(alice)
  for (const person of [carol, dave]) person.restart()
  world.partition([bob, carol, dave], [alice])
  world.run(60_000)
  expectTexts(group, ["said alone"], bob)
  for (const person of [bob, carol, dave]) expect(person.detail(group).gaps, person.name).toEqual([])
})

test("a number that comes to nobody is no gap to who shows its message under another one, by its author's word", () => {
  const { world, people, group } = gather(98, "bob", "alice", "carol", "dave", "erin")
  const [bob, alice, carol, dave, erin] = people as [Person, Person, Person, Person, Person]
  world.partition([alice, carol], [bob, dave, erin])
  alice.heal(group)
  world.run(1_000)
  alice.send(group, "to carol first")
  for (const person of [bob, dave, erin]) {
    person.heal(group)
    world.run(5_000)
  }
  loseKept(alice, group, alice, 1)
  world.partition([alice, bob, dave, erin], [carol])
  world.run(180_000)
  expectTexts(group, ["to carol first"], alice, bob, carol)
  const { sentCount = 0 } = alice.state.durable.groups.get(group) ?? {}
  expect(sentCount).toBeGreaterThan(1)
  for (const person of [bob, dave, erin]) world.goOffline(person)
  loseKept(alice, group, alice, sentCount)
  world.connect(alice, carol)
  world.run(60_000)
  expectTexts(group, ["to carol first"], carol)
  expect(carol.detail(group).gaps).toEqual([])
  expect(carol.state.durable.groups.get(group)?.held.get(alice.state.durable.own.device)).toEqual([
    { from: 1, to: sentCount },
  ])
})
