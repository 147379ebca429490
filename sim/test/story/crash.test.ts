import { expect, test } from "vitest"

import { invitations } from "@starling/messenger"

import { expectOneState, expectTexts } from "../support/expectations.ts"
import type { Person } from "../../src/person.ts"
import { World } from "../../src/world.ts"

/** A conversation in steps; a step that a crash interrupted is tried again by the person, as people do. */
function converse(
  crashing: string,
  after: number,
): { world: World; people: Person[]; group: string; texts: string[]; commits: number } {
  const world = new World(3)
  const people = ["alice", "bob", "carol"].map((name) => world.person(name))
  const [alice, bob, carol] = people as [Person, Person, Person]
  world.meetAll()
  alice.knows(bob, carol)
  const victim = world.people.get(crashing)!
  const commits = victim.store.commits
  victim.crashAfter = after
  const group = tryUntil(
    () => alice.createGroup(),
    world,
    (id) => alice.phase(id) === "active",
  )
  const texts: string[] = []
  const say = (person: Person, text: string): void => {
    tryUntil(
      () => person.send(group, text),
      world,
      (id) => person.messages(group).some((message) => message.id === id),
    )
    texts.push(text)
    world.run(150)
  }
  const join = (person: Person): void => {
    alice.invite(group, person)
    tryUntil(
      () => invitations(person.state),
      world,
      (open) => open.length > 0,
    )
    person.accept(group)
    world.run(1_500)
  }
  join(bob)
  say(alice, "one")
  say(bob, "two")
  join(carol)
  say(carol, "three")
  bob.heal(group)
  world.run(500)
  say(alice, "four")
  carol.heal(group)
  say(bob, "five")
  return { world, people, group, texts, commits: victim.store.commits - commits }
}

function tryUntil<T>(act: () => T, world: World, isDone: (value: T) => boolean): T {
  const value = act()
  if (isDone(value)) return value
  world.run(500)
  return tryUntil(act, world, isDone)
}

test.for(["alice", "bob", "carol"])(
  "whichever commit of %s's store is its last: nothing is lost, all end in one state",
  (name) => {
    const { commits } = converse(name, Infinity)
    expect(commits).toBeGreaterThan(8)
    for (let after = 1; after <= commits; after++) {
      const { world, people, group, texts } = converse(name, after)
      world.run(40_000)
      expect(
        people.reduce((sum, person) => sum + person.crashes, 0),
        `crash ${after}`,
      ).toBe(1)
      expectOneState(group, ...people)
      const [alice, bob, carol] = people as [Person, Person, Person]
      expectTexts(group, texts, alice, bob)
      for (const text of texts.slice(2)) expect(carol.texts(group), `crash ${after}`).toContain(text)
    }
  },
)
