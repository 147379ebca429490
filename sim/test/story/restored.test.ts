import { expect, test } from "vitest"

import { answered, deliveryOf, requested, type Effect } from "@starling/messenger"
import {
  decodeAnswer,
  decodeSyncAnswer,
  encodeSyncAnswer,
  okAnswer,
  readNumbered,
  signedMessage,
} from "@starling/messenger/parts"

import { expectOneState, expectTexts } from "../support/expectations.ts"
import { restore } from "../support/mishaps.ts"
import { gather } from "../../src/gather.ts"
import type { Person } from "../../src/person.ts"

/** What is said of a message at each moment, where nobody but its author shows it. */
function claimsFalsely(author: Person, group: string, id: string, others: readonly Person[]): string[] {
  const faults: string[] = []
  author.world.watchers.push((person, _, { state }) => {
    if (person !== author) return
    const { delivered = 0, read = 0 } = deliveryOf(state, group, id) ?? {}
    const holders = others.filter((other) => other.messages(group).some((message) => message.id === id)).length
    if (delivered > holders || read > holders) faults.push(`${delivered} delivered, ${read} read, ${holders} hold it`)
  })
  return faults
}

test.for([
  { name: "fewer", again: 1 },
  { name: "as many", again: 2 },
  { name: "more", again: 4 },
])("a device that goes back to a backup and writes $name messages loses none of either time", ({ again }) => {
  const { world, people, group } = gather(31, "alice", "bob", "carol")
  const [alice, bob, carol] = people as [Person, Person, Person]
  alice.send(group, "before")
  world.run(3_000)
  const backup = alice.store.copy()
  world.goOffline(carol)
  const former = ["forgotten 1", "forgotten 2"]
  for (const text of former) alice.send(group, text)
  world.run(3_000)
  restore(alice, backup)
  const texts = Array.from({ length: again }, (_, i) => `anew ${i}`)
  const faults = texts.map((text) => claimsFalsely(alice, group, alice.send(group, text), [bob, carol]))
  world.connect(alice, bob)
  world.run(60_000)
  expectTexts(group, ["before", ...former, ...texts], alice, bob)
  world.meetAll()
  world.run(60_000)
  expectOneState(group, alice, bob, carol)
  expectTexts(group, ["before", ...former, ...texts], alice, bob, carol)
  expect(faults.flat()).toEqual([])
})

test("what somebody else forgot of a message is told by a member who met the author only later", () => {
  const { world, people, group } = gather(32, "alice", "bob", "carol")
  const [alice, bob, carol] = people as [Person, Person, Person]
  const backup = alice.store.copy()
  world.partition([alice, bob], [carol])
  alice.send(group, "to bob alone")
  world.run(3_000)
  alice.stop()
  world.goOffline(bob)
  restore(alice, backup)
  world.connect(alice, carol)
  alice.send(group, "to carol, under the same number")
  world.run(10_000)
  expectTexts(group, ["to carol, under the same number"], alice, carol)
  world.meetAll()
  world.run(60_000)
  expectTexts(group, ["to bob alone", "to carol, under the same number"], alice, bob, carol)
})

test("what a member of the version before says in the clear of a restored device's own words is still believed by the signature", () => {
  const { world, people, group } = gather(34, "alice", "bob")
  const [alice, bob] = people as [Person, Person]
  const backup = alice.store.copy()
  alice.send(group, "forgotten")
  world.run(3_000)
  const inFormerVersion = (effect: Effect) => {
    if (effect.kind !== "request" || effect.protocol !== "sync") return
    world.after(0, () => {
      const { answer } = requested(bob.state, "sync", effect.payload, alice.peerId, bob.env())
      const told = decodeAnswer(answer)
      const body = told.kind === "ok" ? decodeSyncAnswer(told.value.body) : told
      if (body.kind !== "ok" || !("handed" in body.value)) return
      const { device } = alice.state.durable.own
      const known = bob.state.durable.groups.get(group)!
      const numbered = readNumbered(bob.store, group, device, 1)!
      const forgotten = [signedMessage(bob.store, known, 1, numbered)!]
      const payload = okAnswer(encodeSyncAnswer({ ...body.value, version: 4, handed: undefined, forgotten }))
      alice.input((state, env) => answered(state, effect.token, { kind: "answer", payload }, env))
    })
  }
  restore(alice, backup)
  alice.overheard = inFormerVersion
  world.connect(alice, bob)
  world.run(100)
  expectTexts(group, ["forgotten"], alice)
})

test("a device that forgot a commit of its own sends nothing before it has another leaf, and loses no word said under a number twice", () => {
  const { world, people, group } = gather(35, "alice", "bob", "carol")
  const [alice, bob, carol] = people as [Person, Person, Person]
  const backup = carol.store.copy()
  alice.heal(group)
  world.run(3_000)
  carol.send(group, "forgotten, between the two commits")
  carol.heal(group)
  carol.send(group, "forgotten")
  world.run(3_000)
  world.goOffline(carol)
  restore(carol, backup)
  const before = new Set(alice.state.durable.groups.get(group)!.forest.keys())
  carol.send(group, "under the first number once more")
  world.meetAll()
  const anew = [1, 2, 3].map((i) => {
    world.run(500)
    const id = carol.send(group, `after it met the others ${i}`)
    return carol.state.durable.groups.get(group)!.sent.find((sent) => sent.id === id)!
  })
  expect(anew.flatMap(({ copies }) => copies).filter(({ sid }) => before.has(sid))).toEqual([])
  world.run(90_000)
  const texts = ["forgotten, between the two commits", "forgotten", "under the first number once more"]
  expectTexts(group, [...texts, ...[1, 2, 3].map((i) => `after it met the others ${i}`)], alice, bob, carol)
  expectOneState(group, alice, bob, carol)
})
