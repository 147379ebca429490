import { expect, test } from "vitest"

import {
  accept,
  invitations,
  invite,
  remove,
  send,
  heal,
  leave,
  type Outcome,
  type PeerState,
  type Env,
} from "@starling/messenger"

import { expectNoticedOnce, expectOneState } from "../support/expectations.ts"
import type { Person } from "../../src/person.ts"
import { World } from "../../src/world.ts"

interface Said {
  readonly id: string
  readonly text: string
  readonly by: Person
}

/** What a person asks for; refusals (removed in the meantime, say) are as good as doing nothing. */
function attempt<T>(person: Person, act: (state: PeerState, env: Env) => Outcome<T>): T | undefined {
  const outcome = act(person.state, person.env())
  return outcome.kind === "refused" ? undefined : person.verb(() => outcome)
}

function splitAtRandom(world: World, people: readonly Person[]): void {
  const sides: Person[][] = [[], [], []]
  for (const person of people) sides[world.dice.below(3)]?.push(person)
  world.partition(...sides)
}

function live(seed: number, size: number, rounds: number, mayLeave: boolean) {
  const world = new World(seed, { loss: 0.1, duplication: 0.1, delay: 200 })
  const people = ["alice", "bob", "carol", "dave", "erin"].slice(0, size).map((name) => world.person(name))
  const founder = people[0]!
  world.meetAll()
  for (const person of people) person.knows(...people.filter((other) => other !== person))
  const group = founder.createGroup()
  for (const other of people.slice(1, 3)) {
    founder.invite(group, other)
    world.run(1_500)
    other.accept(group)
    world.run(1_500)
  }
  world.run(15_000)
  const said: Said[] = []
  const { dice } = world
  for (let round = 0; round < rounds; round++) {
    const person = dice.pick(people)
    for (const each of people)
      if (invitations(each.state).length > 0 && dice.chance(0.5))
        attempt(each, (state, env) => accept(state, group, env))
    const roll = dice.next()
    if (roll < 0.5) {
      const text = `${person.name} in round ${round}`
      const result = attempt(person, (state, env) => send(state, group, text, env))
      if (result !== undefined) said.push({ id: result.id, text, by: person })
    } else if (roll < 0.65) attempt(person, (state, env) => heal(state, group, env))
    else if (roll < 0.75) attempt(person, (state, env) => invite(state, group, dice.pick(people).identity, env))
    else if (roll < 0.8 && mayLeave) {
      const other = dice.pick(people.slice(1))
      if (other !== person) attempt(person, (state, env) => remove(state, group, other.identity, env))
    } else if (roll < 0.82 && mayLeave && person !== founder) attempt(person, (state, env) => leave(state, group, env))
    else if (roll < 0.88) splitAtRandom(world, people)
    else if (roll < 0.93) world.meetAll()
    else if (roll < 0.96) person.restart()
    world.run(dice.below(1_500))
  }
  world.meetAll()
  world.run(90_000)
  for (const person of people) {
    if (invitations(person.state).length > 0) attempt(person, (state, env) => accept(state, group, env))
    world.run(2_000)
  }
  world.run(120_000)
  return { world, people, group, said }
}

test.for([1, 2, 3, 4].map((seed) => ({ seed, size: 3 + (seed % 3) })))(
  "$size people who nobody removes: one state, and every message on every screen of who was there, once (seed $seed)",
  ({ seed, size }) => {
    const { people, group, said } = live(seed, size, 200, false)
    const inside = people.filter((person) => person.phase(group) === "active")
    expect(inside.length).toBeGreaterThanOrEqual(3)
    expectOneState(group, ...inside)
    // The first three are members from the beginning: all that was ever said is for them.
    for (const person of people.slice(0, 3))
      expect(
        person
          .messages(group)
          .map(({ id }) => id)
          .sort(),
        person.name,
      ).toEqual(said.map(({ id }) => id).sort())
    expectNoticedOnce(...people)
  },
)

// Seeds that once ended otherwise.
test.for([15, 205, 219, 263, 339, 374].map((seed) => ({ seed, size: 3 + (seed % 3) })))(
  "$size people who remove each other and leave: one state for those inside, nothing twice, nobody else inside (seed $seed)",
  ({ seed, size }) => {
    const { world, people, group } = live(seed, size, 200, true)
    const inside = people.filter((person) => person.phase(group) === "active")
    const members = inside[0]!.memberNames(group)
    expect(inside.map(({ name }) => name).sort()).toEqual(members)
    expectOneState(group, ...inside)
    expectNoticedOnce(...people)
    inside[0]!.send(group, "the last word")
    world.run(45_000)
    for (const person of people) {
      const texts = person.phase(group) === undefined ? [] : person.texts(group)
      expect(texts.includes("the last word"), person.name).toBe(inside.includes(person))
    }
  },
)
