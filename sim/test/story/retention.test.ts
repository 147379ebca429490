import { expect, test } from "vitest"

import { expectOneState } from "../support/expectations.ts"
import { nodeOf, standingOf } from "../../src/forged-commit.ts"
import { gather } from "../../src/gather.ts"
import type { Person } from "../../src/person.ts"

const HOUR = 3_600_000

test("72 hours after a state was followed its secrets are gone, on the chosen path too; the live one stays", () => {
  const { world, people, group } = gather(12, "alice", "bob")
  const [alice, bob] = people as [Person, Person]
  const followed = nodeOf(alice, group).sid
  alice.heal(group)
  world.run(1_000)
  const live = nodeOf(alice, group).sid
  world.goOffline(alice)
  world.goOffline(bob)
  for (const person of people) {
    person.clockOffset = 71 * HOUR
    person.restart()
  }
  world.run(60_000)
  for (const person of people) expect(standingOf(person, group, followed), person.name).toBe("held")
  for (const person of people) {
    person.clockOffset = 73 * HOUR
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
