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
  alice.leave(group)
  expect(alice.phase(group)).toBe("leaving")
})
