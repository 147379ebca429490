import { expect, test } from "vitest"

import { invite, remove } from "@starling/messenger"

import { gather } from "../../src/gather.ts"
import type { Person } from "../../src/person.ts"

test("a device whose log is all but full tells its person, and keeps the rest for leaving", () => {
  const { world, people, group } = gather(50, "alice", "bob")
  const [alice, bob] = people as [Person, Person]
  const carol = world.person("carol")
  alice.knows(carol)
  const { durable } = alice.state
  const known = durable.groups.get(group)!
  const [operation] = known.logs.get(durable.own.device) ?? []
  if (operation === undefined) throw new Error("alice has asked for bob")
  const log = Array.from({ length: 4096 - 64 }, (_, i) => ({ ...operation, kind: 1, seq: i + 1 }))
  const logs = new Map(known.logs).set(durable.own.device, log)
  alice.state = {
    ...alice.state,
    durable: { ...durable, groups: new Map(durable.groups).set(group, { ...known, logs }) },
  }
  const refused = { kind: "refused", code: "log-full" }
  expect(invite(alice.state, group, carol.identity, alice.env())).toMatchObject(refused)
  expect(remove(alice.state, group, bob.identity, alice.env())).toMatchObject(refused)
  expect(alice.detail(group).ownLog).toBe("full")
  expect(bob.detail(group).ownLog).toBe("roomy")
  alice.send(group, "words need no room")
  alice.leave(group)
  expect(alice.phase(group)).toBe("leaving")
})

test("an admin who invites once more whom a plain member brought in makes room for their changes", () => {
  const { world, people, group } = gather(51, "alice", "bob", "carol")
  const [alice, bob, carol] = people as [Person, Person, Person]
  const dave = world.person("dave")
  world.meetAll()
  carol.knows(dave)
  carol.invite(group, dave)
  world.run(1_000)
  dave.accept(group)
  world.run(15_000)
  const halvings = (): number | undefined =>
    bob.state.durable.groups.get(group)!.membership.vouched.get(dave.state.durable.own.device)
  expect(halvings()).toBe(2)
  alice.knows(dave)
  alice.invite(group, dave)
  world.run(15_000)
  expect(halvings()).toBe(0)
  expect(alice.memberNames(group)).toEqual(["alice", "bob", "carol", "dave"])
})
