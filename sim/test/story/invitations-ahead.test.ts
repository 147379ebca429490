import { expect, test } from "vitest"

import { invitations, timeline } from "@starling/messenger"

import { expectNoticedOnce, expectOneState, expectTexts } from "../support/expectations.ts"
import { gather } from "../../src/gather.ts"
import type { Person } from "../../src/person.ts"
import type { World } from "../../src/world.ts"

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** Alice, Bob and Carol are in a group; Dave is Alice's contact, has met her, and is away. */
function withDaveAway(seed: number): { world: World; people: [Person, Person, Person, Person]; group: string } {
  const { world, people, group } = gather(seed, "alice", "bob", "carol")
  const [alice, bob, carol] = people as [Person, Person, Person]
  const dave = world.person("dave")
  alice.knows(dave)
  dave.knows(alice)
  world.connect(alice, dave)
  world.run(2_000)
  world.goOffline(dave)
  return { world, people: [alice, bob, carol, dave], group }
}

/** Days go by in which everybody's device is asleep. */
function pass(world: World, days: number): void {
  world.now += days * DAY
  world.run(60_000)
}

/** What one device holds of another's KeyPackages. */
function stockOf(holder: Person, owner: Person): { single: number; lastResorts: string[] } {
  const { device } = owner.state.durable.own
  const held = [...holder.state.durable.stock].filter(([, each]) => each.device === device)
  const lastResorts = held.filter(([, { lastResort }]) => lastResort).map(([reference]) => reference)
  return { single: held.length - lastResorts.length, lastResorts }
}

test("a contact who is away is invited; the inviter goes for good, and any other member lets them in", () => {
  const { world, people, group } = withDaveAway(1)
  const [alice, bob, carol, dave] = people
  pass(world, 3)
  alice.invite(group, dave)
  world.run(2_000)
  world.goOffline(alice)
  expect(bob.memberNames(group)).toEqual(["alice", "bob", "carol", "dave"])
  bob.send(group, "while Dave was away")
  world.goOffline(carol)
  pass(world, 2)
  bob.restart()
  world.run(1_000)
  world.connect(bob, dave)
  world.run(5_000)
  expect(invitations(dave.state)).toMatchObject([{ group, from: alice.identity }])
  dave.accept(group)
  world.run(30_000)
  expectOneState(group, bob, dave)
  dave.send(group, "Dave is here")
  world.run(5_000)
  expectTexts(group, ["while Dave was away", "Dave is here"], bob, dave)
  expect(bob.detail(group).members.find(({ identity }) => identity === dave.identity)?.pending).toBe(false)
  expect([...bob.state.durable.outbox.values()]).toEqual([])
  expect([bob, carol, dave].flatMap((person) => person.troubles())).toEqual([])
})

test("where nobody holds a KeyPackage the invitation waits, and is realised by whichever member the invitee meets", () => {
  const { world, people, group } = gather(2, "alice", "bob", "carol")
  const [alice, bob, carol] = people as [Person, Person, Person]
  const dave = world.person("dave")
  alice.knows(dave)
  alice.invite(group, dave)
  world.run(2_000)
  world.goOffline(alice)
  for (const person of [alice, bob, carol]) {
    expect(person.detail(group).waiting.map(({ identity }) => identity)).toEqual([dave.identity])
    expect(person.memberNames(group)).toEqual(["alice", "bob", "carol"])
  }
  pass(world, 1)
  world.connect(carol, dave)
  world.run(40_000)
  expect(invitations(dave.state)).toMatchObject([{ group, from: carol.identity }])
  dave.accept(group)
  world.run(30_000)
  expectOneState(group, bob, carol, dave)
  expect(bob.detail(group).waiting).toEqual([])
})

test("one who holds KeyPackages adds a person whom another member invited, though that person is away", () => {
  const { world, people, group } = withDaveAway(3)
  const [alice, bob, carol, dave] = people
  bob.knows(dave)
  bob.invite(group, dave)
  world.run(60_000)
  expect(carol.memberNames(group)).toEqual(["alice", "bob", "carol", "dave"])
  world.connect(carol, dave)
  world.run(5_000)
  expect(invitations(dave.state)).toMatchObject([{ group, from: alice.identity }])
})

test("of the KeyPackages handed out ahead each is used once, the last resort when nothing else is left; both are replaced", () => {
  const { world, people } = withDaveAway(4)
  const [alice, , , dave] = people
  expect(stockOf(alice, dave)).toMatchObject({ single: 3, lastResorts: [expect.any(String)] })
  const [lastResort = ""] = stockOf(alice, dave).lastResorts
  const groups = Array.from({ length: 6 }, (_, i) => alice.createGroup(`group ${i}`))
  groups.forEach((group, i) => {
    alice.invite(group, dave)
    expect(alice.memberNames(group)).toEqual(["alice", "dave"])
    expect(stockOf(alice, dave)).toEqual({ single: Math.max(0, 2 - i), lastResorts: [lastResort] })
  })
  alice.restart()
  world.run(HOUR)
  world.connect(alice, dave)
  world.run(5_000)
  expect(invitations(dave.state)).toHaveLength(6)
  for (const group of groups) dave.accept(group)
  world.run(700_000)
  for (const group of groups) expectOneState(group, alice, dave)
  expect(stockOf(alice, dave)).toMatchObject({ single: 3, lastResorts: [expect.any(String)] })
  expect(stockOf(alice, dave).lastResorts).not.toContain(lastResort)
  expect(dave.state.durable.keyPackages.has(lastResort)).toBe(true)
  pass(world, 4)
  expect(dave.state.durable.keyPackages.has(lastResort)).toBe(false)
  expect([...dave.state.durable.keyPackages.values()].flatMap(({ served }) => served)).toEqual([])
})

test("KeyPackages that grow old are replaced before they expire, and expired ones are not used", () => {
  const { world, people, group } = withDaveAway(5)
  const [alice, , , dave] = people
  const before = stockOf(alice, dave)
  pass(world, 15)
  world.connect(alice, dave)
  world.run(5_000)
  expect(stockOf(alice, dave)).toMatchObject({ single: 6, lastResorts: [expect.any(String)] })
  expect(stockOf(alice, dave).lastResorts).not.toEqual(before.lastResorts)
  world.goOffline(dave)
  pass(world, 30)
  expect(stockOf(alice, dave)).toEqual({ single: 0, lastResorts: [] })
  alice.invite(group, dave)
  world.run(60_000)
  expect(alice.detail(group).waiting).toHaveLength(1)
})

test("a stranger gets one KeyPackage ahead, and none of last resort", () => {
  const { world, people } = gather(6, "alice", "bob")
  const [, bob] = people as [Person, Person]
  const eve = world.person("eve")
  eve.knows(bob)
  world.connect(eve, bob)
  world.run(HOUR)
  expect(stockOf(eve, bob)).toEqual({ single: 1, lastResorts: [] })
})

test.for([
  { seed: 1, accepted: "before", inviter: "comes back" },
  { seed: 2, accepted: "before", inviter: "comes back" },
  { seed: 3, accepted: "after", inviter: "comes back" },
  { seed: 4, accepted: "before", inviter: "is gone from then on" },
  { seed: 5, accepted: "after", inviter: "is gone from then on" },
])(
  "a Welcome on a branch that lost, accepted $accepted it was known, costs a delay and no click: the inviter $inviter (seed $seed)",
  ({ seed, accepted, inviter }) => {
    const { world, people, group } = withDaveAway(seed)
    const [alice, bob, carol, dave] = people
    const comesBack = inviter === "comes back"
    const joinAndSpeak = () => {
      dave.accept(group)
      dave.send(group, "sent on Alice's branch")
    }
    world.partition([alice, dave], [bob, carol])
    alice.invite(group, dave)
    world.run(2_000)
    expect(invitations(dave.state)).toHaveLength(1)
    world.partition([alice], [bob, carol], [dave])
    bob.heal(group)
    carol.heal(group)
    if (accepted === "before") joinAndSpeak()
    world.run(5_000)
    world.partition([alice, bob, carol], [dave])
    world.run(20_000)
    world.partition([bob, carol, dave], [alice])
    world.run(20_000)
    if (accepted === "after") joinAndSpeak()
    world.run(120_000)
    if (comesBack) world.meetAll()
    world.run(60_000)
    const inside = comesBack ? people : [bob, carol, dave]
    expectOneState(group, ...inside)
    expect(dave.memberNames(group)).toEqual(["alice", "bob", "carol", "dave"])
    expectTexts(group, ["sent on Alice's branch"], ...inside)
    dave.send(group, "at last")
    world.run(5_000)
    expectTexts(group, ["sent on Alice's branch", "at last"], ...inside)
    expectNoticedOnce(...inside)
    expect(invitations(dave.state)).toEqual([])
    const additions = (timeline(bob.state, group) ?? []).filter(({ added }) => added.includes(dave.identity))
    expect(additions.map(({ chosen }) => chosen)).toEqual([false, true])
  },
)
