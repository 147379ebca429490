import { expect, test } from "vitest"

import { deliveryOf } from "@starling/messenger"

import { expectOneState, expectTexts } from "../support/expectations.ts"
import { restore } from "../support/mishaps.ts"
import { gather } from "../../src/gather.ts"
import type { Person } from "../../src/person.ts"

/** What is said of a message at each moment, where nobody but its author shows it. */
function claimsFalsely(author: Person, group: string, id: string, others: readonly Person[]): string[] {
  const faults: string[] = []
  author.world.watchers.push((person, _, { state }) => {
    if (person !== author) return
    const { delivered = 0, read = 0 } = deliveryOf(state, group, id) ?? {}
    const holders = others.filter((other) => other.messages(group).some((message) => message.id === id)).length
    if (delivered > holders || read > holders) faults.push(`${delivered} delivered, ${read} read, ${holders} hold it`)
  })
  return faults
}

test.for([
  { name: "fewer", again: 1 },
  { name: "as many", again: 2 },
  { name: "more", again: 4 },
])("a device that goes back to a backup and writes $name messages loses none of either time", ({ again }) => {
  const { world, people, group } = gather(31, "alice", "bob", "carol")
  const [alice, bob, carol] = people as [Person, Person, Person]
  alice.send(group, "before")
  world.run(3_000)
  const backup = alice.store.copy()
  world.goOffline(carol)
  const former = ["forgotten 1", "forgotten 2"]
  for (const text of former) alice.send(group, text)
  world.run(3_000)
  restore(alice, backup)
  const texts = Array.from({ length: again }, (_, i) => `anew ${i}`)
  const faults = texts.map((text) => claimsFalsely(alice, group, alice.send(group, text), [bob, carol]))
  world.connect(alice, bob)
  world.run(60_000)
  expectTexts(group, ["before", ...former, ...texts], alice, bob)
  world.meetAll()
  world.run(60_000)
  expectOneState(group, alice, bob, carol)
  expectTexts(group, ["before", ...former, ...texts], alice, bob, carol)
  expect(faults.flat()).toEqual([])
})

test("what somebody else forgot of a message is told by a member who met the author only later", () => {
  const { world, people, group } = gather(32, "alice", "bob", "carol")
  const [alice, bob, carol] = people as [Person, Person, Person]
  const backup = alice.store.copy()
  world.partition([alice, bob], [carol])
  alice.send(group, "to bob alone")
  world.run(3_000)
  alice.stop()
  world.goOffline(bob)
  restore(alice, backup)
  world.connect(alice, carol)
  alice.send(group, "to carol, under the same number")
  world.run(10_000)
  expectTexts(group, ["to carol, under the same number"], alice, carol)
  world.meetAll()
  world.run(60_000)
  expectTexts(group, ["to bob alone", "to carol, under the same number"], alice, bob, carol)
})
