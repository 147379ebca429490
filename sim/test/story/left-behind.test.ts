import { expect, test } from "vitest"

import { toHex } from "@starling/kernel"
import { timeline } from "@starling/messenger"

import { expectOneState } from "../support/expectations.ts"
import { forgeCommit, leafKeyOf, nodeOf, standingOf, stateIn, whisper } from "../../src/forged-commit.ts"
import { gather } from "../../src/gather.ts"
import { crypto } from "../../src/seeded.ts"
import type { Person } from "../../src/person.ts"
import type { World } from "../../src/world.ts"

/** Alice, Dave and Erin follow a commit of Mallory's, who goes; Bob and Carol can't, whose part of its path is sealed wrongly. */
function shutOut(seed: number): { world: World; people: [Person, Person, Person, Person, Person]; group: string } {
  const { world, people, group } = gather(seed, "mallory", "alice", "bob", "carol", "dave", "erin")
  const [mallory, ...others] = people as [Person, Person, Person, Person, Person, Person]
  const [, bob, carol] = others
  const parent = nodeOf(mallory, group)
  const wrong = crypto.kem.deriveKeyPair(new Uint8Array(32).fill(9)).publicKey
  const shut = new Set([bob, carol].map((person) => toHex(leafKeyOf(stateIn(parent), person))))
  const kem = {
    ...crypto.kem,
    encapsulate: (key: Uint8Array, draw: Uint8Array) =>
      crypto.kem.encapsulate(shut.has(toHex(key)) ? wrong : key, draw),
  }
  const mls = { ...mallory.env().mls, crypto: { ...crypto, kem: kem as typeof crypto.kem } }
  const { sid, data } = forgeCommit(mallory, group, { parent, mls })
  world.goOffline(mallory)
  whisper(mallory, group, data, ...others)
  expect(others.map((person) => standingOf(person, group, sid))).toEqual(["held", "barred", "barred", "held", "held"])
  return { world, people: others, group }
}

test("two who cannot follow ask once each, when they have all that there is, and one commit adds both anew", () => {
  const { world, people, group } = shutOut(1)
  const [alice, bob, carol, dave] = people
  world.run(1_000)
  alice.heal(group)
  alice.send(group, "in a state that two can't read")
  const operations = () => alice.state.durable.groups.get(group)!.operations.size
  const before = operations()
  world.run(25_000)
  expect(operations()).toBe(before)
  world.run(95_000)
  expectOneState(group, ...people)
  expect(operations()).toBe(before + 4)
  const additions = (timeline(alice.state, group) ?? []).filter(({ added }) => added.includes(bob.identity))
  expect(additions.at(-1)?.added.toSorted()).toEqual([bob, carol].map(({ identity }) => identity).sort())
  world.run(700_000)
  expect(operations()).toBe(before + 4)
  bob.send(group, "back again")
  world.run(5_000)
  for (const person of [alice, bob, carol, dave]) expect(person.texts(group)).toContain("back again")
})

test("who goes away before it was added anew is added when it is back", () => {
  const { world, people, group } = shutOut(1)
  const [alice, bob, carol, dave, erin] = people
  world.run(1_000)
  alice.heal(group)
  world.run(30_000)
  const asks = (person: Person) => person.troubles().length > 0
  for (let i = 0; i < 20 && !(asks(bob) && asks(carol)); i++) world.run(500)
  expect([bob, carol].map(asks)).toEqual([true, true])
  world.goOffline(carol)
  world.run(120_000)
  expectOneState(group, alice, bob, dave, erin)
  world.meetAll()
  world.run(120_000)
  expectOneState(group, ...people)
})
