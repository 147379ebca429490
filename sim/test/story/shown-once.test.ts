import { expect, test } from "vitest"

import { gather } from "../../src/gather.ts"
import type { Person } from "../../src/person.ts"

test("a message that goes out again is not shown again, however many came in between", () => {
  const { world, people, group } = gather(66, "alice", "bob")
  const [alice, bob] = people as [Person, Person]
  const id = alice.send(group, "once")
  world.run(5_000)
  const change = (person: Person, to: object): void => {
    const { durable } = person.state
    const groups = new Map(durable.groups).set(group, { ...durable.groups.get(group)!, ...to })
    person.state = { ...person.state, durable: { ...durable, groups } }
  }
  // As after more messages than are remembered, of which only the last ones are at hand.
  change(bob, { shown: new Set() })
  change(alice, { sent: alice.state.durable.groups.get(group)!.sent.map((sent) => ({ ...sent, copies: [] })) })
  world.run(60_000)
  expect(bob.state.durable.groups.get(group)?.held.get(alice.state.durable.own.device)).toEqual([{ from: 1, to: 2 }])
  expect(bob.messages(group).map((message) => message.id)).toEqual([id])
  const told = bob.notifications.filter((event) => event.kind === "message")
  expect(told).toHaveLength(1)
})
