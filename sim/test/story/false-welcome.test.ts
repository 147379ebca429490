import { expect, test } from "vitest"

import { withJoined, type ForestNode } from "@starling/messenger/parts"

import { expectOneState } from "../support/expectations.ts"
import { nodeOf, standingOf } from "../../src/forged-commit.ts"
import { mislead } from "../../src/false-state.ts"
import { gather } from "../../src/gather.ts"
import type { Person } from "../../src/person.ts"

const LIES: readonly { readonly name: string; readonly tell: (node: ForestNode) => ForestNode }[] = [
  { name: "members", tell: (node) => ({ ...node, roster: node.roster.toReversed() }) },
  { name: "height", tell: (node) => ({ ...node, epoch: node.epoch + 7 }) },
  {
    name: "keys",
    tell: (node) =>
      node.standing.kind !== "held"
        ? node
        : {
            ...node,
            standing: { kind: "held", state: { ...node.standing.state, interimTranscriptHash: new Uint8Array(32) } },
          },
  },
]

test.for(LIES)("whoever is let in by a Welcome with false $name judges nothing by it that others take", ({ tell }) => {
  const { world, people, group } = gather(11, "alice", "carol", "mallory")
  const [alice, carol, mallory] = people as [Person, Person, Person]
  const bob = world.person("bob")
  world.meetAll()
  mallory.knows(bob)
  mallory.invite(group, bob)
  world.run(3_000)
  const joined = nodeOf(mallory, group).sid
  world.goOffline(bob)
  alice.heal(group)
  carol.heal(group)
  world.run(10_000)
  world.goOffline(mallory)
  bob.accept(group)
  expect(nodeOf(bob, group).sid).toBe(joined)
  expect(mislead(bob, group, tell)).toBe(true)
  world.connect(alice, bob)
  world.connect(carol, bob)
  world.run(10_000)
  const { forest } = alice.state.durable.groups.get(group)!
  const after = [...forest.values()].filter(({ epoch }) => epoch > (forest.get(joined)?.epoch ?? 0))
  expect(after.length).toBeGreaterThanOrEqual(2)
  for (const { sid, roster } of after) {
    expect(["open", "held"]).toContain(standingOf(bob, group, sid))
    expect(nodeOf(bob, group, sid).roster.map((device) => device?.device)).toEqual(
      roster.map((device) => device?.device),
    )
  }
  world.run(180_000)
  expectOneState(group, alice, carol, bob)
})

test("a Welcome into a state whose COMMIT is known opens it, and one with other members or keys under its id does not", () => {
  const { world, people, group } = gather(12, "alice", "bob", "carol")
  const [alice, bob, carol] = people as [Person, Person, Person]
  const before = nodeOf(alice, group)
  alice.remove(group, carol)
  world.run(5_000)
  const node = nodeOf(alice, group)
  const known: ForestNode = { ...nodeOf(bob, group), standing: { kind: "open" }, era: undefined }
  expect(known.sid).toBe(node.sid)
  const joined: ForestNode = { ...node, parent: undefined, ops: [], bodies: [], interims: new Set(), placedAt: 7 }
  const { standing, era } = node
  expect(withJoined(known, joined)).toEqual({ ...known, standing, era, placedAt: 7 })
  expect(withJoined(undefined, joined)).toBe(joined)
  // Where only another Welcome spoke of it so far, nothing contradicts.
  expect(withJoined({ ...known, parent: undefined }, joined)).toMatchObject({ standing, placedAt: 7 })
  // The state before has other keys, and one member more.
  expect(withJoined(known, { ...joined, standing: before.standing })).toBeUndefined()
  expect(withJoined({ ...known, roster: before.roster }, joined)).toBeUndefined()
})
