import { expect, test } from "vitest"

import type { Bytes } from "@starling/kernel"
import { authenticateDevice } from "@starling/messenger"
import { certifyDevice, encodeCertificate, rank } from "@starling/messenger/parts"

import { expectOneState } from "../support/expectations.ts"
import { alteredLeaves } from "../../src/altered-leaf.ts"
import { forgeCommit, forgeTwoBodies, nodeOf, standingOf, stateIn, whisper } from "../../src/forged-commit.ts"
import { gather } from "../../src/gather.ts"
import { crypto } from "../../src/seeded.ts"
import type { Person } from "../../src/person.ts"
import type { World } from "../../src/world.ts"

type Three = [Person, Person, Person]

function expectGoesOn(world: World, group: string, ...people: readonly Person[]): void {
  for (const person of people) person.heal(group)
  world.run(120_000)
  expectOneState(group, ...people)
  people[0]!.send(group, "all is well")
  world.run(20_000)
  for (const person of people) expect(person.texts(group), person.name).toContain("all is well")
}

test.for(["its own", "the honest one's"])(
  "a COMMIT that claims the id of an honest one is refused (with %s transcript)",
  (transcript) => {
    const { world, people, group } = gather(7, "alice", "bob", "mallory")
    const [alice, bob, mallory] = people as Three
    world.disconnect(alice, bob)
    world.disconnect(bob, mallory)
    const parent = nodeOf(mallory, group)
    alice.heal(group)
    world.run(300)
    const honest = nodeOf(alice, group)
    const before = transcript === "its own" ? undefined : stateIn(honest).interimTranscriptHash
    const { data } = forgeCommit(mallory, group, { parent, sid: honest.sid, ...(before && { before }) })
    whisper(mallory, group, data, alice, bob)
    expect(standingOf(bob, group, honest.sid)).toBeUndefined()
    world.meetAll()
    world.run(120_000)
    expect(standingOf(bob, group, honest.sid)).toBe("held")
    expectOneState(group, alice, bob)
    expectGoesOn(world, group, alice, bob)
  },
)

test("a COMMIT that claims the id of the state at which somebody joined does not rewrite its past", () => {
  const { world, people, group } = gather(9, "alice", "mallory")
  const [alice, mallory] = people as [Person, Person]
  const bob = world.person("bob")
  world.meetAll()
  alice.knows(bob)
  const parent = nodeOf(mallory, group)
  alice.invite(group, bob)
  world.run(3_000)
  const joined = nodeOf(alice, group).sid
  world.partition([bob, mallory], [alice])
  bob.accept(group)
  const { data } = forgeCommit(mallory, group, { parent, sid: joined })
  whisper(mallory, group, data, bob)
  world.run(30_000)
  expect(nodeOf(bob, group, joined).author).toBe(alice.identity)
  world.meetAll()
  world.run(60_000)
  expectOneState(group, alice, bob)
  expect(bob.memberNames(group)).toEqual(["alice", "bob", "mallory"])
})

test("a commit whose author renews its leaf under another identity is invalid to all", () => {
  const { world, people, group } = gather(8, "alice", "bob", "mallory")
  const [alice, bob, mallory] = people as Three
  const { own } = mallory.state.durable
  const other = crypto.signature.deriveKeyPair(new Uint8Array(32).fill(7))
  const certificate = certifyDevice(crypto, other.privateKey, {
    identityKey: other.publicKey,
    signatureKey: own.certificate.signatureKey,
    transportKey: own.certificate.transportKey,
    createdAt: 1,
  })
  const parent = nodeOf(mallory, group)
  const state = stateIn(parent)
  const credential = { kind: "basic", identity: encodeCertificate(certificate) } as const
  expect(
    authenticateDevice(crypto)(credential, own.certificate.signatureKey, { kind: "basic", identity: own.encoded }),
  ).toBe("another credential than before")
  const changed = alteredLeaves(crypto, state, (leafIndex) =>
    leafIndex === state.ownLeafIndex ? { credential } : undefined,
  )
  const { sid, data } = forgeCommit(mallory, group, { parent, state: changed })
  world.goOffline(mallory)
  whisper(mallory, group, data, alice, bob)
  for (const person of [alice, bob]) expect(standingOf(person, group, sid), person.name).toBe("invalid")
  expectGoesOn(world, group, alice, bob)
})

/** A group that Mallory was in before Bob, and Mallory ranks before whoever added Bob. */
function gatherBehind(): { world: World; people: Three; group: string } {
  for (let seed = 1; seed < 50; seed++) {
    const { world, people, group } = gather(seed, "alice", "mallory", "bob")
    const [alice, mallory] = people as Three
    const { creation, forest } = alice.state.durable.groups.get(group)!
    const second = [...forest.values()].find(({ epoch }) => epoch === 2)!
    const of = (identity: string): string => rank(crypto, creation, 2, identity)
    if (of(mallory.identity) < of(second.author)) return { world, people: people as Three, group }
  }
  throw new RangeError("no such seed")
}

test("a bogus commit on a state that somebody does not hold displaces nobody while only its author stands for it", () => {
  const { world, people, group } = gatherBehind()
  const [alice, mallory, bob] = people
  const parent = [...mallory.state.durable.groups.get(group)!.forest.values()].find(({ epoch }) => epoch === 1)!
  const bend = (mls: Bytes): Bytes => mls.with(mls.length - 1, (mls.at(-1) ?? 0) ^ 1)
  const { sid, data } = forgeCommit(mallory, group, { parent, bend })
  world.goOffline(mallory)
  whisper(mallory, group, data, alice, bob)
  expect(standingOf(bob, group, sid)).toBe("open")
  expect(standingOf(alice, group, sid)).toBe("damaged")
  const before = bob.detail(group).epoch
  bob.heal(group)
  world.run(20_000)
  expect(bob.detail(group).epoch).toBeGreaterThan(before)
  expectOneState(group, alice, bob)
  expectGoesOn(world, group, alice, bob)
})

test.for(["confirmation", "membership"] as const)(
  "whoever gets a COMMIT with a bad %s tag first enters its state by the good body, and refuses neither it nor what follows",
  (which) => {
    const { world, people, group } = gather(11, "alice", "bob", "carol", "mallory")
    const [alice, bob, carol, mallory] = people as [Person, Person, Person, Person]
    const { sid, good, damaged } = forgeTwoBodies(mallory, group, nodeOf(mallory, group), which)
    world.goOffline(mallory)
    world.partition([alice, bob], [carol])
    whisper(mallory, group, damaged, carol)
    whisper(mallory, group, good, alice, bob)
    expect(standingOf(carol, group, sid)).toBe("damaged")
    alice.heal(group)
    world.run(2_000)
    expect(nodeOf(bob, group).parent).toBe(sid)
    bob.heal(group)
    world.run(3_000)
    const { live } = bob.state.durable.groups.get(group)!
    world.connect(alice, carol)
    world.connect(bob, carol)
    world.run(30_000)
    expect(standingOf(carol, group, sid)).toBe("held")
    expect(nodeOf(carol, group).sid).toBe(live)
    for (const person of [alice, bob, carol])
      expect(person.state.durable.groups.get(group)!.testimony.refusals.has(sid), person.name).toBe(false)
    expectGoesOn(world, group, alice, bob, carol)
    carol.restart()
    world.meetAll()
    expectGoesOn(world, group, alice, bob, carol)
  },
)

test("what follows the good body of a COMMIT is doubted where only a bad one has come, and takes its place when both have", () => {
  const { world, people, group } = gather(13, "alice", "bob", "mallory")
  const [alice, bob, mallory] = people as Three
  const { good, damaged } = forgeTwoBodies(mallory, group, nodeOf(mallory, group), "confirmation")
  for (const person of people) world.goOffline(person)
  whisper(mallory, group, damaged, alice)
  whisper(mallory, group, good, bob)
  let child: Bytes | undefined
  bob.overheard = (effect) => {
    if (effect.kind === "publish") child = effect.data
  }
  bob.heal(group)
  const { sid } = nodeOf(bob, group)
  whisper(bob, group, child!, alice)
  expect(standingOf(alice, group, sid)).toBeUndefined()
  whisper(mallory, group, good, alice)
  expect(standingOf(alice, group, sid)).toBe("held")
  expect(nodeOf(alice, group).sid).toBe(sid)
})

test.for([
  { name: "that comes after it was refused", bad: 1, patience: 15_000 },
  { name: "that stands behind more bad ones than are tried", bad: 12, patience: 1_000 },
  {
    name: "that stands behind more bad ones than are tried, and comes after it was refused",
    bad: 12,
    patience: 15_000,
  },
])("a good body $name parts nobody from those who built on it, and no words are lost", ({ bad, patience }) => {
  const { world, people, group } = gather(11, "alice", "bob", "carol", "mallory")
  const [alice, bob, carol, mallory] = people as [Person, Person, Person, Person]
  const { sid, good, damaged, ground } = forgeTwoBodies(mallory, group, nodeOf(mallory, group), "confirmation")
  world.goOffline(mallory)
  world.partition([alice, bob], [carol])
  for (const body of bad === 1 ? [damaged] : ground(bad)) whisper(mallory, group, body, carol)
  whisper(mallory, group, good, alice, bob)
  alice.heal(group)
  world.run(1_000)
  alice.send(group, "on the commit")
  carol.send(group, "beside it")
  world.run(patience)
  expect(nodeOf(carol, group, sid)).toMatchObject({
    standing: { kind: "damaged" },
    bodies: { length: Math.min(bad, 8) },
  })
  const { refusals } = carol.state.durable.groups.get(group)!.testimony
  expect(refusals.has(sid)).toBe(patience > 10_000)
  world.connect(alice, carol)
  world.connect(bob, carol)
  world.run(60_000)
  expectGoesOn(world, group, alice, bob, carol)
  for (const person of [alice, bob, carol])
    expect(person.texts(group), person.name).toEqual(["all is well", "beside it", "on the commit"])
})

test("a COMMIT with bad tags of which no good body comes is refused in the end", () => {
  const { world, people, group } = gather(12, "alice", "bob", "mallory")
  const [alice, bob, mallory] = people as Three
  const { sid, damaged } = forgeTwoBodies(mallory, group, nodeOf(mallory, group), "confirmation")
  world.goOffline(mallory)
  whisper(mallory, group, damaged, alice, bob)
  world.run(5_000)
  expect(alice.state.durable.groups.get(group)!.testimony.refusals.has(sid)).toBe(false)
  world.run(20_000)
  for (const person of [alice, bob]) expect(nodeOf(person, group).sid).not.toBe(sid)
  expectGoesOn(world, group, alice, bob)
})
