import { expect, test } from "vitest"

import { expectOneState } from "../support/expectations.ts"
import { gather } from "../../src/gather.ts"
import type { Person } from "../../src/person.ts"

/** A message under the number after the next. */
function leaveOutOne(person: Person, group: string, text: string): string {
  const { durable } = person.state
  const known = durable.groups.get(group)!
  const groups = new Map(durable.groups).set(group, { ...known, sentCount: known.sentCount + 1 })
  person.state = { ...person.state, durable: { ...durable, groups } }
  return person.send(group, text)
}

test("who leaves out every second number makes others keep so many gaps, and the rest are counted as missing", () => {
  const { world, people, group } = gather(143, "alice", "bob", "mallory")
  const [alice, bob, mallory] = people as [Person, Person, Person]
  for (let i = 0; i < 600; i++) {
    leaveOutOne(mallory, group, `odd ${i}`)
    if (i % 20 === 19) world.run(2_000)
  }
  world.run(30_000)
  const { device } = mallory.state.durable.own
  for (const person of [alice, bob]) {
    expect(person.messages(group)).toHaveLength(600)
    expect(person.state.durable.groups.get(group)?.held.get(device)).toHaveLength(512)
    const { gaps } = person.detail(group)
    expect(gaps.map(({ why, from }) => [why, from])).not.toContainEqual(["too-many", mallory.identity])
    // The numbers before 88 messages, none of which is asked for any more, and the one before the first.
    const forgone = person.state.durable.groups.get(group)!.delivery.forgone
    expect(forgone.reduce((sum, { count }) => sum + count, 0)).toBe(88)
  }
  alice.send(group, "heard all the same")
  world.run(5_000)
  expectOneState(group, alice, bob, mallory)
  expect(bob.messages(group)).toHaveLength(601)
})
