import { expect, test } from "vitest"

import type { Effect } from "@starling/messenger"

import { gather } from "../../src/gather.ts"
import type { Person } from "../../src/person.ts"

function dialledBy(person: Person): readonly string[] {
  const dialled: string[] = []
  person.overheard = (effect: Effect) => void (effect.kind === "dial" && dialled.push(effect.peerId))
  return dialled
}

test("members who are away are called, contacts or not, until the group is left", () => {
  const { world, people, group } = gather(60, "alice", "bob", "carol")
  const [, bob, carol] = people as [Person, Person, Person]
  const dialled = dialledBy(bob)
  world.goOffline(carol)
  world.run(2_000)
  expect(dialled).toEqual([carol.peerId])
  bob.leave(group)
  world.run(30_000)
  dialledBy(bob)
  const after = dialledBy(bob)
  world.run(120_000)
  expect(after).toEqual([])
})
