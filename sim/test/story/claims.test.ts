import { expect, test } from "vitest"

import { requested } from "@starling/messenger"
import { encodeSyncRequest } from "@starling/messenger/parts"

import { gather } from "../../src/gather.ts"
import type { Person } from "../../src/person.ts"
import { FAIR } from "../../src/world.ts"

/** `from` says to `to` what it holds of `about`'s log. */
function claim(from: Person, to: Person, group: string, about: Person, length: number, head: string): void {
  const known = from.state.durable.groups.get(group)!
  const payload = encodeSyncRequest({
    group: known.id,
    inTurn: true,
    records: new Map([[about.state.durable.own.device, { length, head }]]),
    messages: new Map(),
    past: new Map(),
    tip: known.chosen,
  })
  to.input((state, env) => requested(state, "sync", payload, from.peerId, to.store, env))
}

function ownLog(person: Person, group: string): readonly { readonly hash: string }[] {
  return person.state.durable.groups.get(group)?.logs.get(person.state.durable.own.device) ?? []
}

test("who leaves keeps its keys until every connected member has named the record that says so", () => {
  const { world, people, group } = gather(51, "alice", "bob", "mallory")
  const [alice, bob, mallory] = people as [Person, Person, Person]
  world.weather = { ...FAIR, loss: 1 }
  alice.leave(group)
  const log = ownLog(alice, group)
  const { hash } = log.at(-1)!
  // A number alone is nothing that only a holder knows.
  claim(mallory, alice, group, alice, log.length + 10, "00".repeat(32))
  expect(alice.phase(group)).toBe("leaving")
  // What one member holds, it may keep to itself.
  claim(mallory, alice, group, alice, log.length, hash)
  expect(alice.phase(group)).toBe("leaving")
  claim(bob, alice, group, alice, log.length, hash)
  expect(alice.phase(group)).toBe("left")
})

test("a member who holds another record in one place of a log is noticed, and told of once", () => {
  const { people, group } = gather(52, "alice", "bob", "mallory")
  const [alice, bob, mallory] = people as [Person, Person, Person]
  claim(bob, alice, group, alice, 1, ownLog(alice, group)[0]!.hash)
  mallory.heal(group)
  alice.world.run(10_000)
  expect(alice.troubles()).toEqual([])
  for (let i = 0; i < 3; i++) claim(bob, alice, group, mallory, 1, "11".repeat(32))
  expect(alice.troubles()).toEqual([expect.stringContaining("two members hold different records of mallory's device")])
})
