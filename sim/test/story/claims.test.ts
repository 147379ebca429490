import { expect, test } from "vitest"

import { deliveryOf, requested } from "@starling/messenger"
import { encodeSyncRequest, encodeTestimony, headOf } from "@starling/messenger/parts"

import { forgeRecord, whisper } from "../../src/forged-commit.ts"
import { gather } from "../../src/gather.ts"
import type { Person } from "../../src/person.ts"
import { crypto } from "../../src/seeded.ts"
import { FAIR } from "../../src/world.ts"

const SUPPORT = 3

/** `from` says to `to` what it holds of `about`'s log. */
function claim(from: Person, to: Person, group: string, about: Person, length: number, head: string): void {
  const known = from.state.durable.groups.get(group)!
  const payload = encodeSyncRequest({
    group: known.id,
    version: 2,
    inTurn: true,
    records: new Map([[about.state.durable.own.device, { length, head }]]),
    messages: new Map(),
    past: new Map(),
    tip: known.chosen,
    seen: [],
    mailboxes: [],
    untold: new Map(),
    shown: [],
    named: [],
    after: undefined,
    unopened: new Map(),
  })
  to.input((state, env) => requested(state, "sync", payload, from.peerId, env))
}

function ownLog(person: Person, group: string): readonly { readonly hash: string }[] {
  return person.state.durable.groups.get(group)?.logs.get(person.state.durable.own.device) ?? []
}

test.for([2, 3] as const)(
  "nobody talks a device into having forgotten its own words, in version %i of the exchange either",
  (version) => {
    const { world, people, group } = gather(53, "alice", "bob", "mallory")
    const [alice, , mallory] = people as [Person, Person, Person]
    alice.send(group, "one")
    world.run(3_000)
    const before = ownLog(alice, group).length
    const known = mallory.state.durable.groups.get(group)!
    const { device } = alice.state.durable.own
    const payload = encodeSyncRequest({
      group: known.id,
      version,
      inTurn: false,
      records: new Map(),
      messages: new Map([[device, [{ from: 1, to: 40 }]]]),
      untold: new Map(),
      past: new Map(),
      tip: known.chosen,
      seen: [{ from: 1, to: 40 }],
      mailboxes: [],
      shown: [],
      named: [],
      after: undefined,
      unopened: new Map(),
    })
    alice.input((state, env) => requested(state, "sync", payload, mallory.peerId, env))
    world.run(30_000)
    expect(ownLog(alice, group)).toHaveLength(before)
    expect(alice.state.durable.groups.get(group)).toMatchObject({ restoredIn: undefined, sentCount: 1 })
    const id = alice.send(group, "two")
    world.run(5_000)
    expect(deliveryOf(alice.state, group, id)).toMatchObject({ delivered: 2 })
  },
)

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

test("a device that signs two histories is told of once, and everybody ends up with both of them", () => {
  const { world, people, group } = gather(52, "alice", "bob", "carol", "mallory")
  const [alice, bob, carol, mallory] = people as [Person, Person, Person, Person]
  world.partition([alice, bob, carol])
  for (const [about, to] of [
    ["ff".repeat(32), alice],
    ["ee".repeat(32), bob],
  ] as const)
    whisper(mallory, group, forgeRecord(mallory, group, { kind: SUPPORT, body: encodeTestimony(about) }), to)
  const logIn = (person: Person) =>
    headOf(crypto, person.state.durable.groups.get(group)!.logs, mallory.state.durable.own.device)
  expect(logIn(alice)).not.toEqual(logIn(bob))
  world.run(60_000)
  for (const person of [bob, carol]) expect(logIn(person), person.name).toEqual(logIn(alice))
  for (const person of [alice, bob, carol]) {
    const told = person.troubles().filter((text) => text.includes("mallory has signed two different histories"))
    expect(told, person.name).toHaveLength(1)
    const before = logIn(person)
    person.restart()
    expect(logIn(person), person.name).toEqual(before)
  }
})
