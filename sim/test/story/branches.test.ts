import { expect, test } from "vitest"

import { toHex } from "@starling/kernel"
import { encodeTestimony } from "@starling/messenger/parts"

import { forgeRecord, nodeOf, whisper } from "../../src/forged-commit.ts"
import { gather } from "../../src/gather.ts"
import { Insider } from "../../src/insider.ts"
import type { Person } from "../../src/person.ts"
import { crypto } from "../../src/seeded.ts"
import { expectOneState, expectTexts } from "../support/expectations.ts"

const REFUSAL = 6

function pathOf(person: Person, group: string): string[] {
  const { forest, live } = person.state.durable.groups.get(group)!
  const path: string[] = []
  for (let node = forest.get(live); node !== undefined; node = forest.get(node.parent ?? "")) path.push(node.sid)
  return path
}

test.for([1, 2, 3, 4, 5, 6])("who returns with a branch of their own rolls nobody else back (seed %i)", (seed) => {
  const { world, people, group } = gather(seed, "alice", "bob", "carol", "dave")
  const [alice, bob, carol, dave] = people as [Person, Person, Person, Person]
  world.goOffline(bob)
  for (let i = 0; i < 4; i++) {
    alice.heal(group)
    bob.heal(group)
    world.run(60_000)
  }
  bob.send(group, "from the mountains")
  const before = nodeOf(carol, group).sid
  world.meetAll()
  world.run(60_000)
  expectOneState(group, alice, bob, carol, dave)
  for (const person of [alice, carol, dave]) expect(pathOf(person, group), person.name).toContain(before)
  expectTexts(group, ["from the mountains"], alice, bob, carol, dave)
})

test.for([1, 2, 3])("two who prop up a commit that only they can open take nobody with them (seed %i)", (seed) => {
  const { world, people, group } = gather(seed, "alice", "bob", "carol", "mallory", "trent")
  const [alice, bob, carol, mallory, trent] = people as [Person, Person, Person, Person, Person]
  const insider = new Insider(world, mallory, group)
  const elsewhere = crypto.kem.deriveKeyPair(new Uint8Array(32).fill(9)).publicKey
  const ofTrent = leafKeyOf(trent, group)
  const forged = insider.commitOn(nodeOf(mallory, group), (key, random) =>
    crypto.kem.encapsulate(toHex(key) === ofTrent ? key : elsewhere, random),
  )!
  insider.publishCommit(forged, [alice, bob, carol, trent])
  world.run(30_000)
  alice.send(group, "is everybody here?")
  world.run(200_000)
  expectOneState(group, alice, bob, carol)
  expect(pathOf(alice, group)).not.toContain(forged.node.sid)
  expectTexts(group, ["is everybody here?"], alice, bob, carol)
})

test("one who refuses what the others are in holds nobody up", () => {
  const { world, people, group } = gather(4, "alice", "bob", "carol", "mallory")
  const [alice, bob, carol, mallory] = people as [Person, Person, Person, Person]
  world.goOffline(mallory)
  alice.heal(group)
  world.run(500)
  const { sid } = nodeOf(alice, group)
  whisper(mallory, group, forgeRecord(mallory, group, { kind: REFUSAL, body: encodeTestimony(sid) }), alice, bob, carol)
  world.run(30_000)
  for (const person of [alice, bob, carol]) expect(pathOf(person, group), person.name).toContain(sid)
  expectOneState(group, alice, bob, carol)
})

test.for([1, 2, 3, 4])("a device restored from a backup goes on, and what it sends then arrives (seed %i)", (seed) => {
  const { world, people, group } = gather(seed, "alice", "bob", "carol")
  const [alice, bob, carol] = people as [Person, Person, Person]
  bob.send(group, "before")
  world.run(5_000)
  const backup = bob.store.copy()
  bob.send(group, "forgotten")
  bob.heal(group)
  world.run(20_000)
  bob.send(group, "forgotten too")
  world.run(5_000)
  bob.store.restore(backup)
  world.goOffline(bob)
  bob.restart()
  bob.send(group, "after, and alone")
  world.meetAll()
  world.run(200)
  bob.send(group, "after")
  world.run(120_000)
  expectOneState(group, alice, bob, carol)
  const all = ["before", "forgotten", "forgotten too", "after, and alone", "after"]
  expectTexts(group, all, alice, carol)
  alice.send(group, "welcome back")
  world.run(20_000)
  expect(bob.texts(group)).toContain("welcome back")
})

/** The key that paths are sealed to for somebody whose leaf is all they have. */
function leafKeyOf(person: Person, group: string): string {
  const { standing } = nodeOf(person, group)
  if (standing.kind !== "held") throw new Error("not held")
  const ofPerson = toHex(person.state.durable.own.certificate.signatureKey)
  const open = [standing.state.tree.root]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.kind === "branch") open.push(node.left, node.right)
    else if (node.node !== undefined && toHex(node.node.signatureKey) === ofPerson)
      return toHex(node.node.encryptionKey)
  }
  throw new Error("no leaf")
}
