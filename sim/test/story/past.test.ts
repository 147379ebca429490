import { expect, test } from "vitest"

import { decline, groups, requested } from "@starling/messenger"
import { decodeSyncRequest, encodeSyncRequest, joinSets, type SeqSet } from "@starling/messenger/parts"

import { expectOneState, expectTexts } from "../support/expectations.ts"
import { gather } from "../../src/gather.ts"
import type { Person } from "../../src/person.ts"
import { FAIR, type World } from "../../src/world.ts"

/** Lets `inviter` tell those whom it invites that `set` of `author`'s messages were before their time. */
function lieAboutThePast(inviter: Person, group: string, author: Person, set: SeqSet): void {
  const { durable } = inviter.state
  const known = durable.groups.get(group)
  if (known === undefined) throw new RangeError("no such group")
  const held = new Map(known.held).set(author.state.durable.own.device, set)
  const groups = new Map(durable.groups).set(group, { ...known, held })
  inviter.state = { ...inviter.state, durable: { ...durable, groups } }
}

function inviteBob(to: number): { world: World; alice: Person; bob: Person; mallory: Person; group: string } {
  const { world, people, group } = gather(40, "alice", "mallory")
  const [alice, mallory] = people as [Person, Person]
  const bob = world.person("bob")
  world.meetAll()
  mallory.knows(bob)
  lieAboutThePast(mallory, group, alice, [{ from: 1, to }])
  mallory.invite(group, bob)
  world.run(3_000)
  return { world, alice, bob, mallory, group }
}

test.for([
  { name: "by gossip", loss: 0 },
  { name: "by sync alone", loss: 1 },
])("an inviter who calls everything past makes a joiner deaf to nobody $name", ({ loss }) => {
  const { world, alice, bob, mallory, group } = inviteBob(1_000_000)
  const device = alice.state.durable.own.device
  const claims: SeqSet[] = []
  bob.overheard = (effect) => {
    if (effect.kind !== "request" || effect.protocol !== "sync") return
    const request = decodeSyncRequest(effect.payload)
    if (request.kind === "ok") claims.push(request.value.messages.get(device) ?? [])
  }
  bob.accept(group)
  world.run(20_000)
  expectOneState(group, alice, bob)
  expect(claims.length).toBeGreaterThan(0)
  // What it never received, it never says to hold: there are no false receipts.
  expect(claims.every((set) => set.length === 0)).toBe(true)
  world.goOffline(mallory)
  world.weather = { ...FAIR, loss }
  for (const text of ["one", "two", "three"]) {
    alice.send(group, text)
    world.run(5_000)
  }
  world.run(30_000)
  expectTexts(group, ["one", "two", "three"], bob)
})

test("an endless past costs nothing, for who accepts and for who declines", () => {
  for (const decide of ["accept", "decline"]) {
    const { world, bob, mallory, group } = inviteBob(Number.MAX_SAFE_INTEGER)
    if (decide === "accept") bob.accept(group)
    else bob.verb((state, env) => decline(state, group, env))
    const known = bob.state.durable.groups.get(group)!
    const payload = encodeSyncRequest({
      group: known.id,
      version: 2,
      inTurn: true,
      records: new Map(),
      messages: new Map(),
      past: new Map(),
      tip: known.creation,
      seen: [],
      mailboxes: [],
      untold: new Map(),
      shown: [],
      named: [],
      after: undefined,
      unopened: new Map(),
    })
    let reads = 0
    const rows = {
      get: () => {
        if (++reads > 100) throw new Error("reads without end")
        return undefined
      },
      list: () => [],
    }
    requested(bob.state, "sync", payload, mallory.peerId, { ...bob.env(), rows })
    world.run(20_000)
    expect(groups(bob.state).map((each) => each.group)).toEqual(decide === "accept" ? [group] : [])
  }
})

test("what was said before a joiner came is neither sent to it, nor looked through at each exchange", () => {
  const { world, people, group } = gather(41, "alice", "carol")
  const [alice, carol] = people as [Person, Person]
  for (let i = 0; i < 60; i++) alice.send(group, `before ${i}`)
  world.run(10_000)
  const bob = world.person("bob")
  world.meetAll()
  alice.knows(bob)
  alice.invite(group, bob)
  world.run(3_000)
  const requests: Uint8Array[] = []
  bob.overheard = (effect) => {
    if (effect.kind === "request" && effect.protocol === "sync") requests.push(effect.payload)
  }
  bob.accept(group)
  world.run(30_000)
  expect(requests.length).toBeGreaterThan(0)
  // Nobody's answer makes it ask on: about one exchange every ten seconds, and those on arrival.
  expect(requests.length).toBeLessThan(12)
  let reads = 0
  const rows = {
    get: (...row: [string, string, string]) => {
      reads++
      return carol.store.get(...row)
    },
    list: () => [],
  }
  requested(carol.state, "sync", new Uint8Array(requests.at(-1)!), bob.peerId, { ...carol.env(), rows })
  expect(reads).toBeLessThanOrEqual(16)
  expectTexts(group, [], bob)

  // Who is invited by the joiner isn't sent through it either.
  const dave = world.person("dave")
  world.meetAll()
  bob.knows(dave)
  bob.invite(group, dave)
  world.run(3_000)
  dave.accept(group)
  world.run(10_000)
  const past = dave.state.durable.groups.get(group)?.past.get(alice.state.durable.own.device)
  expect(past).toEqual([{ from: 1, to: 60 }])
})

test("sets of sequence numbers are joined into few ranges", () => {
  expect(
    joinSets(
      [
        { from: 1, to: 3 },
        { from: 9, to: 9 },
      ],
      [
        { from: 4, to: 5 },
        { from: 8, to: 10 },
      ],
    ),
  ).toEqual([
    { from: 1, to: 5 },
    { from: 8, to: 10 },
  ])
})
