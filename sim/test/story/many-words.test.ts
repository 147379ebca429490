import { expect, test } from "vitest"

import { deliveryOf, endedDeliveryOf } from "@starling/messenger"

import { expectOneState, expectTexts } from "../support/expectations.ts"
import { gather } from "../../src/gather.ts"
import type { Person } from "../../src/person.ts"

const HOUR = 3_600_000
const DAY = 24 * HOUR

test(
  "who was away for days sends again all that was written meanwhile, however much it is",
  { timeout: 120_000 },
  () => {
    const { world, people, group } = gather(15, "alice", "bob", "carol")
    const [alice, bob, carol] = people as [Person, Person, Person]
    world.goOffline(alice)
    const words = Array.from({ length: 450 }, (_, i) => `on the train ${i}`)
    for (const text of words) alice.send(group, text)
    bob.heal(group)
    world.run(2_000)
    carol.heal(group)
    world.run(2_000)
    for (const person of people) {
      person.clockOffset = 30 * HOUR
      person.restart()
    }
    world.goOffline(alice)
    world.run(60_000)
    world.meetAll()
    world.run(180_000)
    expectOneState(group, alice, bob, carol)
    expectTexts(group, words, alice, bob, carol)
  },
)

/** As after so many messages that nobody acknowledged. */
function follow(person: Person, group: string, count: number): void {
  const { durable } = person.state
  const known = durable.groups.get(group)!
  const [first] = known.sent
  const more = Array.from({ length: count }, (_, i) => ({ ...first!, id: i.toString(16).padStart(32, "0") }))
  const groups = new Map(durable.groups).set(group, { ...known, sent: [...known.sent, ...more] })
  person.state = { ...person.state, durable: { ...durable, groups } }
}

test("a message that is followed no more, and that somebody may not have, says so for good", () => {
  const { world, people, group } = gather(16, "alice", "bob", "carol")
  const [alice, , carol] = people as [Person, Person, Person]
  world.goOffline(carol)
  const id = alice.send(group, "for everybody")
  world.run(2_000)
  follow(alice, group, 20_000)
  alice.send(group, "and one more")
  expect(deliveryOf(alice.state, group, id)).toBeUndefined()
  const ended = { delivered: 1, recipients: 2, ended: true }
  expect(endedDeliveryOf(alice.store, group, id)).toMatchObject(ended)
  expect(alice.notifications).toContainEqual(
    expect.objectContaining({ kind: "delivery", id, delivery: expect.objectContaining(ended) }),
  )
  expect(alice.state.durable.groups.get(group)?.sent).toHaveLength(20_000)
  alice.restart()
  expect(endedDeliveryOf(alice.store, group, id)).toMatchObject(ended)
})

test("two weeks later a message ends: as delivered where everybody has it, and marked where somebody may not", () => {
  const { world, people, group } = gather(17, "alice", "bob", "carol")
  const [alice, bob, carol] = people as [Person, Person, Person]
  const early = alice.send(group, "all are here")
  world.run(5_000)
  world.goOffline(carol)
  const late = alice.send(group, "carol is away")
  world.run(5_000)
  for (const person of [alice, bob]) {
    person.clockOffset = 15 * DAY
    person.restart()
  }
  world.run(60_000)
  expect(alice.state.durable.groups.get(group)?.sent).toEqual([])
  expect(endedDeliveryOf(alice.store, group, early)).toBeUndefined()
  expect(endedDeliveryOf(alice.store, group, late)).toMatchObject({ delivered: 1, recipients: 2, ended: true })
})

test("what was written before a removal, and that nobody heard, says so for good", () => {
  const { world, people, group } = gather(19, "alice", "bob", "carol")
  const [alice, bob, carol] = people as [Person, Person, Person]
  const heard = alice.send(group, "for everybody")
  world.run(5_000)
  world.partition([alice], [bob, carol])
  const unheard = alice.send(group, "for nobody")
  bob.remove(group, alice)
  world.run(5_000)
  world.meetAll()
  world.run(30_000)
  expect(alice.phase(group)).toBe("removed")
  expect(endedDeliveryOf(alice.store, group, unheard)).toMatchObject({ delivered: 0, recipients: 2, ended: true })
  expect(endedDeliveryOf(alice.store, group, heard)).toBeUndefined()
})
