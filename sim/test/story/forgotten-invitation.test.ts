import { expect, test } from "vitest"

import { connected, invitations, requested } from "@starling/messenger"
import { encodeSyncRequest, headOf } from "@starling/messenger/parts"

import { expectOneState, expectTexts } from "../support/expectations.ts"
import { restore } from "../support/mishaps.ts"
import { gather } from "../../src/gather.ts"
import { crypto } from "../../src/seeded.ts"
import type { Person } from "../../src/person.ts"

/** Bob, alone with Dave, invites him, and goes back to a backup of before that; nobody else has heard of it. */
function forgottenByBob(seed: number) {
  const { world, people, group } = gather(seed, "alice", "bob", "carol")
  const [alice, bob, carol] = people as [Person, Person, Person]
  const dave = world.person("dave")
  world.partition([bob, dave], [alice, carol])
  world.run(2_000)
  bob.knows(dave)
  const backup = bob.store.copy()
  bob.invite(group, dave)
  world.run(2_000)
  dave.accept(group)
  world.run(3_000)
  expect(dave.phase(group)).toBe("active")
  world.goOffline(dave)
  restore(bob, backup)
  return { world, group, alice, bob, carol, dave }
}

test("whom somebody invited who has forgotten it since comes to be a member by what it holds itself", () => {
  const { world, group, alice, bob, carol, dave } = forgottenByBob(171)
  world.partition([alice, carol, dave], [bob])
  world.run(20_000)
  alice.send(group, "welcome after all")
  world.run(5_000)
  expectOneState(group, alice, carol, dave)
  expectTexts(group, ["welcome after all"], alice, carol, dave)
  world.meetAll()
  world.run(90_000)
  expectOneState(group, alice, bob, carol, dave)
})

test("whom somebody invited who was removed, and has forgotten it since, is told that it is out", () => {
  const { world, group, alice, bob, carol, dave } = forgottenByBob(172)
  alice.remove(group, bob)
  world.run(2_000)
  world.partition([alice, carol, dave], [bob])
  world.run(60_000)
  expect(dave.phase(group)).toBe("removed")
  expect(alice.memberNames(group)).toEqual(["alice", "carol"])
})

test("who knows the name of a group, and cannot show that it holds records of it, is asked nothing", () => {
  const { world, group, alice, dave } = forgottenByBob(173)
  const known = dave.state.durable.groups.get(group)!
  const ask = (head: string | undefined) => {
    const told = new Map(
      [...known.logs.keys()].map((device) => {
        const own = headOf(crypto, known.logs, device)!
        return [device, { ...own, head: head ?? own.head }]
      }),
    )
    const nothing = { messages: new Map(), untold: new Map(), past: new Map(), unopened: new Map(), tip: known.chosen }
    const rest = { seen: [], mailboxes: [], shown: [], named: [], after: undefined }
    const payload = encodeSyncRequest({
      version: 4,
      group: known.id,
      inTurn: false,
      records: told,
      ...nothing,
      ...rest,
    })
    const state = connected(
      alice.state,
      { peerId: dave.peerId, address: "/memory/dave", since: world.now },
      alice.env(),
    ).state
    const { effects } = requested(state, "sync", payload, dave.peerId, alice.env())
    return effects.filter((effect) => effect.kind === "request" && effect.protocol === "sync").length
  }
  expect(ask("00".repeat(32))).toBe(0)
  expect(ask(undefined)).toBe(1)
})

test("who is invited with a key that its device has forgotten is invited anew with another one", () => {
  const { world, people, group } = gather(174, "alice", "bob")
  const [alice, bob] = people as [Person, Person]
  const dave = world.person("dave")
  alice.knows(dave)
  dave.knows(alice)
  const backup = dave.store.copy()
  world.meetAll()
  world.run(5_000)
  world.goOffline(dave)
  restore(dave, backup)
  alice.invite(group, dave)
  world.run(10_000)
  expect(alice.memberNames(group)).toEqual(["alice", "bob", "dave"])
  const { device } = dave.state.durable.own
  const handedOut = [...alice.state.durable.stock].filter(([, each]) => each.device === device)
  expect(handedOut.length).toBeGreaterThan(0)
  world.meetAll()
  world.run(5_000)
  dave.accept(group)
  world.run(5_000)
  expectOneState(group, alice, bob, dave)
  expect(alice.troubles()).toEqual([])
  for (const [reference] of handedOut) expect(alice.state.durable.stock.has(reference)).toBe(false)
})

/** Alice removed Carol; Bob, apart from Alice, invites her again, and the invitation is on Carol's screen. */
function invitedAgain(seed: number) {
  const { world, people, group } = gather(seed, "alice", "bob", "carol")
  const [alice, bob, carol] = people as [Person, Person, Person]
  const backup = carol.store.copy()
  bob.knows(carol)
  alice.remove(group, carol)
  world.run(5_000)
  expect(carol.phase(group)).toBe("removed")
  world.partition([alice], [bob, carol])
  bob.invite(group, carol)
  world.run(5_000)
  expect(invitations(carol.state)).toHaveLength(1)
  return { world, group, alice, bob, carol, backup }
}

test("who went back to a backup, and was told of its removal by a member who knew no better, is invited anew", () => {
  const { world, group, alice, bob, carol, backup } = invitedAgain(175)
  world.partition([bob], [alice, carol])
  restore(carol, backup)
  world.connect(alice, carol)
  world.run(5_000)
  expect(carol.phase(group)).toBe("removed")
  expect(invitations(carol.state)).toEqual([])
  world.meetAll()
  world.run(120_000)
  carol.accept(group)
  world.run(30_000)
  expectOneState(group, alice, bob, carol)
  expect(carol.memberNames(group)).toEqual(["alice", "bob", "carol"])
})

test("who has an invitation, and has not decided, is left to it", () => {
  const { world, group, alice, bob, carol } = invitedAgain(176)
  world.meetAll()
  world.run(20_000)
  const { epoch } = bob.detail(group)
  world.run(300_000)
  expect(bob.detail(group).epoch).toBe(epoch)
  carol.accept(group)
  world.run(5_000)
  expectOneState(group, alice, bob, carol)
})
