import { expect, test } from "vitest"

import { decodeOperation } from "@starling/messenger/parts"

import { expectOneState } from "../support/expectations.ts"
import { inventFrontier } from "../../src/insider.ts"
import { gather } from "../../src/gather.ts"
import { crypto } from "../../src/seeded.ts"
import type { Person } from "../../src/person.ts"

test("an inviter who names operations that never were silences nobody", () => {
  const { world, people, group } = gather(64, "alice", "mallory")
  const [alice, mallory] = people as [Person, Person]
  const [bob, dave] = [world.person("bob"), world.person("dave")]
  world.meetAll()
  mallory.knows(bob)
  bob.knows(dave)
  mallory.invite(group, bob)
  inventFrontier(mallory, group, ["ff".repeat(32), "ee".repeat(32)])
  world.run(3_000)
  bob.accept(group)
  world.run(30_000)
  expect(bob.memberNames(group)).toEqual(["alice", "bob", "mallory"])
  bob.invite(group, dave)
  world.run(5_000)
  dave.accept(group)
  world.run(30_000)
  expectOneState(group, alice, bob, dave)
  const log = bob.state.durable.groups.get(group)?.logs.get(bob.state.durable.own.device) ?? []
  const deps = log.flatMap(({ body }) => {
    const operation = decodeOperation(crypto, body)
    return operation.kind === "ok" ? operation.value.deps : []
  })
  expect(deps).not.toContain("ff".repeat(32))
})

test("what the inviter alone knew of is waited for while nobody else was asked", () => {
  const { world, people, group } = gather(65, "alice", "carol")
  const [alice, carol] = people as [Person, Person]
  const bob = world.person("bob")
  world.meetAll()
  alice.knows(bob)
  world.partition([alice, bob], [carol])
  alice.invite(group, bob)
  inventFrontier(alice, group, ["ff".repeat(32)])
  world.run(3_000)
  bob.accept(group)
  world.run(30_000)
  expect(bob.state.durable.groups.get(group)?.knownAtEntry).toContain("ff".repeat(32))
  world.connect(alice, carol)
  world.run(5_000)
  world.connect(bob, carol)
  world.run(30_000)
  expect(bob.state.durable.groups.get(group)?.knownAtEntry).not.toContain("ff".repeat(32))
})
