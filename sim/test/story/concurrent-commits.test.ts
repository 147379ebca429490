import { expect, test } from "vitest"

import { invitations, timeline } from "@starling/messenger"

import { expectNoticedOnce, expectOneState, expectTexts } from "../support/expectations.ts"
import { gather } from "../../src/gather.ts"
import type { Person } from "../../src/person.ts"

const SEEDS = [1, 2, 3, 6]

function healed(person: Person, group: string): string[] {
  return (timeline(person.state, group) ?? [])
    .filter(({ reason, chosen }) => reason === "healed" && chosen)
    .map(({ by }) => by)
}

test.for(SEEDS)("three concurrent heals leave one epoch, with the keys of all three renewed (seed %i)", (seed) => {
  const { world, people, group } = gather(seed, "alice", "bob", "carol")
  for (const person of people) person.heal(group)
  world.run(30_000)
  expectOneState(group, ...people)
  for (const person of people)
    expect(healed(person, group).sort()).toEqual(people.map(({ identity }) => identity).sort())
})

test.for([
  { seed: 1, winner: "addition" },
  { seed: 2, winner: "heal" },
  { seed: 4, winner: "addition" },
  { seed: 6, winner: "heal" },
])("an addition and a heal at the same time both take effect; the $winner wins (seed $seed)", ({ seed, winner }) => {
  const { world, people, group } = gather(seed, "alice", "bob", "carol")
  const [alice, bob, carol] = people as [Person, Person, Person]
  const dave = world.person("dave")
  world.meetAll()
  world.run(1_000)
  alice.knows(dave)
  world.partition([alice, dave], [bob, carol])
  alice.invite(group, dave)
  bob.heal(group)
  world.run(2_000)
  expect(invitations(dave.state)).toHaveLength(1)
  dave.accept(group)
  dave.send(group, "hello from a branch")
  bob.send(group, "hello from another branch")
  world.run(2_000)
  world.meetAll()
  world.run(40_000)
  expectOneState(group, alice, bob, carol, dave)
  expect(alice.memberNames(group)).toEqual(["alice", "bob", "carol", "dave"])
  expect(healed(alice, group)).toEqual([bob.identity])
  expectTexts(group, ["hello from a branch", "hello from another branch"], alice, bob, carol)
  const seenByDave = dave.texts(group)
  expect(new Set(seenByDave).size).toBe(seenByDave.length)
  expect(seenByDave).toContain("hello from a branch")
  const addition = (timeline(alice.state, group) ?? []).find(({ added }) => added.includes(dave.identity))
  expect(addition?.chosen ? "addition" : "heal").toBe(winner)
  // Where the addition won, its newcomer is entitled to what was said meanwhile on the branch that lost.
  expect(seenByDave.includes("hello from another branch")).toBe(winner === "addition")
  expectNoticedOnce(alice, bob, carol, dave)
  dave.send(group, "now on one branch")
  world.run(5_000)
  for (const person of [alice, bob, carol, dave]) expect(person.texts(group)).toContain("now on one branch")
})

test.for(SEEDS)("a removal holds against a concurrent heal of the one removed (seed %i)", (seed) => {
  const { world, people, group } = gather(seed, "alice", "bob", "mallory")
  const [alice, bob, mallory] = people as [Person, Person, Person]
  world.partition([alice, bob], [mallory])
  alice.remove(group, mallory)
  mallory.heal(group)
  mallory.heal(group)
  mallory.heal(group)
  alice.send(group, "said after the removal")
  world.run(5_000)
  world.meetAll()
  world.run(60_000)
  bob.send(group, "said much later")
  world.run(15_000)
  expectOneState(group, alice, bob)
  expect(alice.memberNames(group)).toEqual(["alice", "bob"])
  expect(mallory.phase(group)).toBe("removed")
  expectTexts(group, [], mallory)
  expectTexts(group, ["said after the removal", "said much later"], alice, bob)
})

test.for([1, 2, 3, 4, 5, 6])(
  "who was removed learns it, though it can't see why its own branch lost (seed %i)",
  (seed) => {
    const { world, people, group } = gather(seed, "alice", "bob", "carol", "dave")
    const [alice, bob, carol, dave] = people as [Person, Person, Person, Person]
    world.partition([alice, dave], [bob, carol])
    alice.remove(group, carol)
    world.run(5_000)
    dave.heal(group)
    bob.heal(group)
    world.run(5_000)
    world.meetAll()
    world.run(60_000)
    expectOneState(group, alice, bob, dave)
    expect(carol.phase(group)).toBe("removed")
  },
)

test("who was removed learns it, where the remover knew of things that the removed one did not", () => {
  const { world, people, group } = gather(1, "alice", "bob", "carol", "dave")
  const [alice, bob, carol, dave] = people as [Person, Person, Person, Person]
  alice.giveRole(group, dave, "owner")
  world.run(2_000)
  world.partition([alice, bob, dave], [carol])
  dave.giveRole(group, bob, "admin")
  world.run(2_000)
  alice.remove(group, carol)
  world.run(5_000)
  world.meetAll()
  world.run(60_000)
  expect(carol.phase(group)).toBe("removed")
})

test.for(SEEDS)(
  "a removal holds where another member had already built on the removed one's heal (seed %i)",
  (seed) => {
    const { world, people, group } = gather(seed, "alice", "bob", "mallory")
    const [alice, bob, mallory] = people as [Person, Person, Person]
    world.partition([alice], [bob, mallory])
    alice.remove(group, mallory)
    mallory.heal(group)
    world.run(1_000)
    bob.heal(group)
    bob.send(group, "said on the other branch")
    world.run(1_000)
    world.meetAll()
    world.run(60_000)
    alice.send(group, "said when all was over")
    world.run(15_000)
    expectOneState(group, alice, bob)
    expect(alice.memberNames(group)).toEqual(["alice", "bob"])
    expect(mallory.phase(group)).toBe("removed")
    expect(mallory.texts(group)).not.toContain("said when all was over")
    expectTexts(group, ["said on the other branch", "said when all was over"], alice, bob)
  },
)

test.for(SEEDS)("two members who invite two people at the same time get both in (seed %i)", (seed) => {
  const { world, people, group } = gather(seed, "alice", "bob")
  const [alice, bob] = people as [Person, Person]
  const [carol, dave] = [world.person("carol"), world.person("dave")]
  world.meetAll()
  world.run(1_000)
  alice.knows(carol)
  bob.knows(dave)
  world.partition([alice, carol], [bob, dave])
  alice.invite(group, carol)
  bob.invite(group, dave)
  world.run(2_000)
  carol.accept(group)
  dave.accept(group)
  carol.send(group, "carol is here")
  dave.send(group, "dave is here")
  world.run(2_000)
  world.meetAll()
  world.run(60_000)
  expectOneState(group, alice, bob, carol, dave)
  expect(alice.memberNames(group)).toEqual(["alice", "bob", "carol", "dave"])
  expectTexts(group, ["carol is here", "dave is here"], alice, bob)
})
