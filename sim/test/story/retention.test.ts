import { expect, test } from "vitest"

import { expectOneState, expectTexts } from "../support/expectations.ts"
import { nodeOf, standingOf } from "../../src/forged-commit.ts"
import { gather } from "../../src/gather.ts"
import type { Person } from "../../src/person.ts"

const HOUR = 3_600_000

test("a day after a state was followed its secrets are gone, on the chosen path too; the live one stays", () => {
  const { world, people, group } = gather(12, "alice", "bob")
  const [alice, bob] = people as [Person, Person]
  const followed = nodeOf(alice, group).sid
  alice.heal(group)
  world.run(1_000)
  const live = nodeOf(alice, group).sid
  world.goOffline(alice)
  world.goOffline(bob)
  for (const person of people) {
    person.clockOffset = 23 * HOUR
    person.restart()
  }
  world.run(60_000)
  for (const person of people) expect(standingOf(person, group, followed), person.name).toBe("held")
  for (const person of people) {
    person.clockOffset = 25 * HOUR
    person.restart()
  }
  world.run(60_000)
  for (const person of people) {
    expect(standingOf(person, group, followed), person.name).toBe("dropped")
    expect(standingOf(person, group, live), person.name).toBe("held")
  }
  world.meetAll()
  bob.heal(group)
  world.run(20_000)
  expectOneState(group, alice, bob)
})

test("who was away for days with something unsent sends it again, where the others can still read it", () => {
  const { world, people, group } = gather(13, "alice", "bob", "carol")
  const [alice, bob, carol] = people as [Person, Person, Person]
  world.goOffline(alice)
  alice.send(group, "written on the train")
  bob.heal(group)
  world.run(2_000)
  carol.heal(group)
  world.run(50 * HOUR)
  world.meetAll()
  world.run(120_000)
  expectOneState(group, alice, bob, carol)
  expectTexts(group, ["written on the train"], alice, bob, carol)
})
