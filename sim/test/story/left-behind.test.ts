import { expect, test } from "vitest"

import { timeline } from "@starling/messenger"

import { expectOneState, expectTexts } from "../support/expectations.ts"
import { forgeCommit, nodeOf, standingOf, stateIn, whisper } from "../../src/forged-commit.ts"
import { gather } from "../../src/gather.ts"
import { crypto } from "../../src/seeded.ts"
import type { Person } from "../../src/person.ts"
import type { World } from "../../src/world.ts"

/** Mallory, who goes, has sealed the path of a commit to keys that are none of `shutOut`: they can't follow Alice any more. */
function shutOut(seed: number): { world: World; members: [Person, Person, Person, Person]; group: string } {
  const { world, people, group } = gather(seed, "mallory", "alice", "bob", "carol", "dave")
  const [mallory, ...members] = people as [Person, Person, Person, Person, Person]
  const parent = nodeOf(mallory, group)
  const wrong = crypto.kem.deriveKeyPair(new Uint8Array(32).fill(9)).publicKey
  const alice = stateIn(nodeOf(members[0], group))
  expect(alice.epoch).toBe(stateIn(parent).epoch)
  const env = mallory.env()
  let sealed = 0
  const kem = {
    ...crypto.kem,
    // The first one that a path is sealed to is Alice, who is next to Mallory in the tree.
    encapsulate: (key: Uint8Array, draw: Uint8Array) => crypto.kem.encapsulate(sealed++ === 0 ? key : wrong, draw),
  }
  const mls = { ...env.mls, crypto: { ...crypto, kem: kem as typeof crypto.kem } }
  const { sid, data } = forgeCommit(mallory, group, { parent, mls })
  world.goOffline(mallory)
  whisper(mallory, group, data, ...members)
  expect(members.map((person) => standingOf(person, group, sid))).toEqual(["held", "barred", "barred", "barred"])
  return { world, members, group }
}

test("three who cannot follow ask once each, when they have all that there is, and one commit adds them anew", () => {
  const { world, members, group } = shutOut(1)
  const [alice, bob, carol, dave] = members
  world.run(1_000)
  alice.heal(group)
  alice.send(group, "in a state that three can't read")
  const operations = () => alice.state.durable.groups.get(group)!.operations.size
  const before = operations()
  world.run(25_000)
  expect(operations()).toBe(before)
  world.run(95_000)
  expectOneState(group, alice, bob, carol, dave)
  expect(operations()).toBe(before + 6)
  const additions = (timeline(alice.state, group) ?? []).filter(({ added }) => added.includes(bob.identity)).slice(-1)
  expect(additions.map(({ added }) => added.toSorted())).toEqual([
    [bob, carol, dave].map(({ identity }) => identity).sort(),
  ])
  world.run(600_000)
  expect(operations()).toBe(before + 6)
  dave.send(group, "back again")
  world.run(5_000)
  expectTexts(group, ["back again"], bob, carol, dave)
})

test("who goes away before it was added anew is added when it is back", () => {
  const { world, members, group } = shutOut(1)
  const [alice, bob, carol, dave] = members
  world.run(1_000)
  alice.heal(group)
  world.run(31_000)
  const left = () => [bob, carol, dave].filter((person) => person.troubles().length > 0)
  for (let i = 0; i < 10 && left().length < 3; i++) world.run(1_000)
  expect(left()).toHaveLength(3)
  world.goOffline(dave)
  world.run(120_000)
  expectOneState(group, alice, bob, carol)
  world.meetAll()
  world.run(120_000)
  expectOneState(group, alice, bob, carol, dave)
})
