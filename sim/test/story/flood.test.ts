import { expect, test } from "vitest"

import { judge } from "@starling/messenger"

import { expectOneState, expectTexts } from "../support/expectations.ts"
import { gather } from "../../src/gather.ts"
import type { Person } from "../../src/person.ts"

/** Commits of a person's store: what each costs is a sync of the disk. */
function countCommits(person: Person): () => number {
  const { store } = person
  const commit = store.commit.bind(store)
  let count = 0
  store.commit = (writes) => {
    count++
    commit(writes)
  }
  return () => count
}

test(
  "a member who floods with messages is taken by gossip within a budget, and read whole",
  { timeout: 300_000 },
  () => {
    const { world, people, group } = gather(61, "alice", "bob", "mallory")
    const [alice, bob, mallory] = people as [Person, Person, Person]
    const commits = countCommits(bob)
    const flood = Array.from({ length: 800 }, (_, i) => `flood ${i}`)
    const honest: string[] = []
    for (const [i, text] of flood.entries()) {
      mallory.send(group, text)
      world.run(5)
      if (i % 100 !== 99) continue
      honest.push(`honest ${i}`)
      alice.send(group, `honest ${i}`)
      world.run(50)
      // However much else there is, it comes by gossip, at once.
      expect(bob.texts(group)).toContain(`honest ${i}`)
    }
    // 400 at once and 10 a second by gossip, each with a sync of the disk; exchanges bring many at a time.
    expect(commits()).toBeLessThan(700)
    world.run(30_000)
    expectTexts(group, [...flood, ...honest], alice, bob)
  },
)

test(
  "a member who floods with commits is taken by gossip within a budget, and decides no less",
  { timeout: 300_000 },
  () => {
    const { world, people, group } = gather(62, "alice", "bob", "mallory")
    const [alice, bob, mallory] = people as [Person, Person, Person]
    const commits = countCommits(bob)
    for (let i = 0; i < 200; i++) {
      mallory.heal(group)
      world.run(5)
    }
    expect(commits()).toBeLessThan(120)
    alice.send(group, "in between")
    world.run(30_000)
    expectOneState(group, alice, bob, mallory)
    expectTexts(group, ["in between"], alice, bob, mallory)
  },
)

test("nobody uses up the budget of somebody else", () => {
  const { world, people, group } = gather(63, "alice", "bob", "mallory")
  const [alice, bob] = people as [Person, Person, Person]
  let overheard: { topic: string; data: Uint8Array } | undefined
  alice.overheard = (effect) => {
    if (effect.kind === "publish") overheard = effect
  }
  alice.send(group, "said once")
  world.run(1_000)
  for (let i = 0; i < 1000; i++) bob.receiveGossip(overheard!.topic, new Uint8Array(overheard!.data), alice)
  expect(judge(bob.state, overheard!.topic, overheard!.data, bob.env())).toBe("accept")
})

test(
  "the states that a flood of commits leaves are bounded, and the flooder's own go first",
  { timeout: 300_000 },
  () => {
    const { world, people, group } = gather(64, "alice", "mallory")
    const [alice, mallory] = people as [Person, Person]
    alice.heal(group)
    world.run(1_000)
    for (let i = 0; i < 700; i++) {
      mallory.heal(group)
      if (i % 50 === 49) world.run(2_000)
    }
    world.run(60_000)
    expectOneState(group, alice, mallory)
    const held = [...alice.state.durable.groups.get(group)!.forest.values()].filter(
      ({ standing }) => standing.kind === "held",
    )
    expect(held.length).toBeLessThanOrEqual(513)
    expect(held.filter(({ author }) => author === alice.identity).length).toBeGreaterThan(1)
    alice.send(group, "still here")
    world.run(1_000)
    expectTexts(group, ["still here"], alice, mallory)
  },
)
