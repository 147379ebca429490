import { expect, test } from "vitest"

import { gather } from "../../src/gather.ts"
import type { Person } from "../../src/person.ts"

/** As if `person` had taken all but `left` of what it takes of `author` at once. */
function allButUseUp(person: Person, group: string, author: Person, left: number): void {
  const { durable } = person.state
  const known = durable.groups.get(group)!
  const used = { messages: 20_000 - left, bytes: 0, at: person.env().now }
  const delivery = { ...known.delivery, taken: new Map([[author.state.durable.own.device, used]]) }
  const groups = new Map(durable.groups).set(group, { ...known, delivery })
  person.state = { ...person.state, durable: { ...durable, groups } }
}

test("a flood that exchanges bring ends where one author's share does, says so, and costs the others nothing", () => {
  const { world, people, group } = gather(141, "alice", "bob", "mallory")
  const [alice, bob, mallory] = people as [Person, Person, Person]
  allButUseUp(bob, group, mallory, 5)
  world.goOffline(bob)
  const flood = Array.from({ length: 20 }, (_, i) => mallory.send(group, `flood ${i}`))
  const words = Array.from({ length: 20 }, (_, i) => `honest ${i}`)
  for (const text of words) alice.send(group, text)
  world.connect(alice, bob)
  world.connect(mallory, bob)
  world.run(30_000)
  const shown = new Set(bob.messages(group).map(({ id }) => id))
  expect(flood.filter((id) => shown.has(id))).toHaveLength(5)
  expect(bob.texts(group).filter((text) => text.startsWith("honest"))).toEqual(words.toSorted())
  expect(bob.detail(group).gaps).toEqual([{ why: "too-many", from: mallory.identity, name: "mallory", count: 15 }])
  expect(alice.messages(group)).toHaveLength(40)

  // It stays said after a restart, and stands before what the author's share has room for a day later.
  bob.clockOffset = 24 * 3_600_000
  bob.restart()
  world.run(30_000)
  const id = mallory.send(group, "a day later")
  world.run(5_000)
  expect(bob.detail(group).gaps).toMatchObject([{ why: "too-many", count: 15, before: id }])
})
