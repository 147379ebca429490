import { expect, test } from "vitest"

import { answered, changeSettings, deliveryOf, markRead, requested } from "@starling/messenger"
import {
  decodeAnswer,
  decodeSyncAnswer,
  decodeSyncRequest,
  encodeSyncRequest,
  refusedAnswer,
} from "@starling/messenger/parts"

import { gather } from "../../src/gather.ts"
import type { Person } from "../../src/person.ts"

function reads(person: Person, group: string): void {
  person.verb((state, env) => markRead(state, group, env))
}

function receipts(person: Person, on: boolean): void {
  person.verb((state, env) => changeSettings(state, { receipts: on }, env))
}

test("an author learns who has read, soon and only when it is so", () => {
  const { world, people, group } = gather(81, "alice", "bob", "carol")
  const [alice, bob, carol] = people as [Person, Person, Person]
  const id = alice.send(group, "read me")
  world.run(3_000)
  expect(deliveryOf(alice.state, group, id)).toMatchObject({ delivered: 2, read: 0 })
  reads(bob, group)
  world.run(2_000)
  expect(deliveryOf(alice.state, group, id)).toMatchObject({ delivered: 2, read: 1 })
  // Who is away while reading tells it on return.
  world.goOffline(carol)
  reads(carol, group)
  world.run(5_000)
  expect(deliveryOf(alice.state, group, id)).toMatchObject({ read: 1 })
  world.meetAll()
  world.run(2_000)
  expect(deliveryOf(alice.state, group, id)).toMatchObject({ read: 2 })
})

test("who turns receipts off tells nothing, sees nothing, and does not tell later what was read meanwhile", () => {
  const { world, people, group } = gather(82, "alice", "bob")
  const [alice, bob] = people as [Person, Person]
  receipts(bob, false)
  const first = alice.send(group, "quietly")
  const his = bob.send(group, "of bob")
  world.run(3_000)
  reads(bob, group)
  reads(alice, group)
  world.run(20_000)
  expect(deliveryOf(alice.state, group, first)).toMatchObject({ delivered: 1, read: 0 })
  expect(deliveryOf(bob.state, group, his)).toMatchObject({ delivered: 1, read: 0 })
  receipts(bob, true)
  const second = alice.send(group, "openly")
  world.run(3_000)
  reads(bob, group)
  world.run(20_000)
  expect(deliveryOf(alice.state, group, second)).toMatchObject({ read: 1 })
  expect(deliveryOf(alice.state, group, first)).toMatchObject({ read: 0 })
})

test("a member is told of its own messages alone which of them were read", () => {
  const { world, people, group } = gather(83, "alice", "bob", "carol")
  const [alice, bob, carol] = people as [Person, Person, Person]
  alice.send(group, "of alice")
  carol.send(group, "of carol")
  world.run(3_000)
  const told: string[] = []
  bob.overheard = (effect) => {
    if (effect.kind !== "request" || effect.protocol !== "sync") return
    const request = decodeSyncRequest(effect.payload)
    if (request.kind === "ok" && request.value.seen.length > 0) told.push(effect.peerId)
  }
  reads(bob, group)
  world.run(1_500)
  expect(told.sort()).toEqual([alice.peerId, carol.peerId].sort())
  const known = carol.state.durable.groups.get(group)?.delivery.readers ?? new Map()
  expect([...known.keys()]).toEqual([bob.state.durable.own.device])
})

test("a member of the version before is spoken to in its own, and hears nothing of what came later", () => {
  const { people, group } = gather(84, "alice", "bob")
  const [alice, bob] = people as [Person, Person]
  const known = alice.state.durable.groups.get(group)!
  const payload = encodeSyncRequest({
    version: 1,
    group: known.id,
    inTurn: true,
    records: new Map(),
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
  const { answer } = requested(bob.state, "sync", payload, alice.peerId, bob.env())
  const opened = decodeAnswer(answer)
  if (opened.kind !== "ok") throw new Error("no answer")
  expect(decodeSyncAnswer(opened.value.body)).toMatchObject({ kind: "ok", value: { version: 1, seen: [] } })

  // It refuses the newer frame, and is asked again at once.
  alice.world.weather = { ...alice.world.weather, loss: 1 }
  alice.send(group, "again")
  const versions: number[] = []
  alice.overheard = (effect) => {
    if (effect.kind !== "request" || effect.protocol !== "sync") return
    const request = decodeSyncRequest(effect.payload)
    if (request.kind === "ok") versions.push(request.value.version)
    alice.input((state, env) =>
      answered(state, effect.token, { kind: "answer", payload: refusedAnswer("newer-version") }, env),
    )
  }
  alice.world.run(2_500)
  expect(versions.slice(0, 5)).toEqual([5, 4, 3, 2, 1])
  expect(versions.slice(5).every((version) => version === 1)).toBe(true)
})
