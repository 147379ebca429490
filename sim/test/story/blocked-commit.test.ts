import { expect, test } from "vitest"

import { alteredLeaves } from "../../src/altered-leaf.ts"
import { forgeCommit, nodeOf, stateIn } from "../../src/forged-commit.ts"
import { gather } from "../../src/gather.ts"
import { crypto } from "../../src/seeded.ts"
import type { Person } from "../../src/person.ts"

test("a member's key that nothing can be sealed to leaves the work undone, and is told once", () => {
  const { world, people, group } = gather(13, "alice", "bob", "mallory")
  const [alice, bob] = people as [Person, Person, Person]
  const node = nodeOf(alice, group)
  const state = stateIn(node)
  // As if it had come from a version that looked at keys less closely.
  const spoilt = alteredLeaves(crypto, state, (leafIndex) =>
    leafIndex === state.ownLeafIndex ? undefined : { encryptionKey: smallOrder(leafIndex) },
  )
  expect(() => forgeCommit(alice, group, { parent: node, state: spoilt })).toThrow("invalid-public-key")
  const held = alice.state.durable.groups.get(group)!
  const standing = { kind: "held", state: spoilt } as const
  const forest = new Map(held.forest).set(node.sid, { ...node, standing })
  const groups = new Map(alice.state.durable.groups).set(group, { ...held, forest })
  alice.state = { ...alice.state, durable: { ...alice.state.durable, groups } }

  const before = alice.detail(group).epoch
  alice.heal(group)
  alice.remove(group, bob)
  world.partition([alice])
  world.run(60_000)
  expect(alice.detail(group).epoch).toBe(before)
  expect(alice.troubles().filter((text) => text.includes("invalid-public-key"))).toHaveLength(1)
  expect(() => alice.send(group, "to somebody who is out")).toThrow("catching-up")
})

/** Four encodings of points of small order on Curve25519. */
function smallOrder(which: number) {
  return new Uint8Array(32).with(0, which & 1).with(31, (which & 2) << 6)
}
