import { expect, test } from "vitest"

import { invitations, USUAL_POLICY } from "@starling/messenger"
import { commitAuthenticatedData, encodeCommitRecord, encodeOperation } from "@starling/messenger/parts"
import { createCommit } from "@starling/mls"
import { toHex } from "@starling/kernel"

import { standingOf, stateIn, nodeOf } from "../../src/forged-commit.ts"
import { gatherUnder } from "../../src/gather.ts"
import { Insider } from "../../src/insider.ts"
import type { Person } from "../../src/person.ts"
import { expectOneState } from "../support/expectations.ts"

type Four = [Person, Person, Person, Person]
const [OPERATION, COMMIT] = [1, 2]

function roleOf(person: Person, group: string, other: Person): string | undefined {
  return person.detail(group).members.find(({ identity }) => identity === other.identity)?.role
}

test("a member removes nobody; made an admin they do, and then no more once they are a member again", () => {
  const { world, people, group } = gatherUnder(USUAL_POLICY, 60, "alice", "bob", "carol", "dave")
  const [alice, bob, carol, dave] = people as Four
  expect(() => bob.remove(group, carol)).toThrow("not-allowed")
  expect(bob.detail(group).may).toEqual({ invite: true, giveRoles: false, chooseMailboxes: false, remove: [] })
  alice.giveRole(group, bob, "admin")
  world.run(5_000)
  for (const person of people) expect(roleOf(person, group, bob), person.name).toBe("admin")
  expect(bob.detail(group).may.remove.toSorted()).toEqual([carol.identity, dave.identity].sort())
  expect(() => bob.remove(group, alice)).toThrow("not-allowed")
  expect(() => bob.giveRole(group, carol, "admin")).toThrow("not-allowed")
  bob.remove(group, carol)
  world.run(20_000)
  expectOneState(group, alice, bob, dave)
  expect(alice.memberNames(group)).toEqual(["alice", "bob", "dave"])
  expect(carol.phase(group)).toBe("removed")
  alice.giveRole(group, bob, "member")
  world.run(5_000)
  expect(() => bob.remove(group, dave)).toThrow("not-allowed")
})

test.for([1, 2, 3])("two concurrent words about a role leave one, the same for everybody (seed %i)", (seed) => {
  const { world, people, group } = gatherUnder(USUAL_POLICY, seed, "alice", "bob", "carol", "dave")
  const [alice, bob, carol, dave] = people as Four
  alice.giveRole(group, bob, "owner")
  world.run(5_000)
  world.partition([alice, carol], [bob, dave])
  alice.giveRole(group, carol, "admin")
  bob.giveRole(group, carol, "owner")
  world.run(5_000)
  expect(roleOf(carol, group, carol)).toBe("admin")
  expect(roleOf(dave, group, carol)).toBe("owner")
  world.meetAll()
  world.run(30_000)
  for (const person of people) expect(roleOf(person, group, carol), person.name).toBe("admin")
  expectOneState(group, ...people)
})

test("what an admin does while an owner takes the role away is undone", () => {
  const { world, people, group } = gatherUnder(USUAL_POLICY, 61, "alice", "bob", "carol", "dave")
  const [alice, bob, carol, dave] = people as Four
  alice.giveRole(group, bob, "admin")
  world.run(5_000)
  world.partition([alice, carol], [bob, dave])
  alice.giveRole(group, bob, "member")
  bob.remove(group, carol)
  world.run(5_000)
  expect(dave.memberNames(group)).toEqual(["alice", "bob", "dave"])
  world.meetAll()
  world.run(90_000)
  expectOneState(group, ...people)
  expect(alice.memberNames(group)).toEqual(["alice", "bob", "carol", "dave"])
  carol.send(group, "still here")
  world.run(10_000)
  for (const person of people) expect(person.texts(group), person.name).toContain("still here")
})

test("an admin who is removed by an owner and invited again is a member", () => {
  const { world, people, group } = gatherUnder(USUAL_POLICY, 62, "alice", "bob", "carol")
  const [alice, bob, carol] = people as [Person, Person, Person]
  alice.giveRole(group, bob, "admin")
  world.run(5_000)
  alice.remove(group, bob)
  world.run(20_000)
  expect(bob.phase(group)).toBe("removed")
  carol.knows(bob)
  carol.invite(group, bob)
  world.run(5_000)
  expect(invitations(bob.state)).toHaveLength(1)
  bob.accept(group)
  world.run(20_000)
  expectOneState(group, ...people)
  for (const person of people) expect(roleOf(person, group, bob), person.name).toBe("member")
})

test("only admins invite once the owner says so", () => {
  const { world, people, group } = gatherUnder(USUAL_POLICY, 63, "alice", "bob")
  const [alice, bob] = people as [Person, Person]
  const carol = world.person("carol")
  world.meetAll()
  bob.knows(carol)
  expect(() => bob.setPolicy(group, { invite: "admins", remove: "admins" })).toThrow("not-allowed")
  alice.setPolicy(group, { invite: "admins", remove: "admins" })
  world.run(5_000)
  expect(bob.detail(group)).toMatchObject({ policy: { invite: "admins" }, may: { invite: false } })
  expect(() => bob.invite(group, carol)).toThrow("not-allowed")
  alice.giveRole(group, bob, "admin")
  world.run(5_000)
  bob.invite(group, carol)
  world.run(5_000)
  carol.accept(group)
  world.run(20_000)
  expectOneState(group, alice, bob, carol)
})

test.for([
  { role: "member", standing: undefined },
  { role: "admin", standing: "held" },
] as const)("a COMMIT that cites a removal by a $role: $standing", ({ role, standing }) => {
  const { world, people, group } = gatherUnder(USUAL_POLICY, 64, "alice", "bob", "carol", "mallory")
  const [alice, bob, carol, mallory] = people as Four
  if (role !== "member") alice.giveRole(group, mallory, role)
  world.run(5_000)
  const insider = new Insider(world, mallory, group)
  const { sid } = forgeRemoval(insider, group, carol)
  world.run(1_000)
  expect(standingOf(bob, group, sid)).toBe(standing)
  expect(bob.memberNames(group).includes("carol")).toBe(standing === undefined)
})

test("a member whose operation rests on what nobody has keeps nobody from changing the membership", () => {
  const { world, people, group } = gatherUnder(USUAL_POLICY, 65, "alice", "bob", "carol", "mallory")
  const [alice, bob, carol, mallory] = people as Four
  const insider = new Insider(world, mallory, group)
  const change = { kind: "remove", identity: bob.identity, after: nodeOf(mallory, group).sid } as const
  const record = insider.sign(OPERATION, encodeOperation({ change, deps: ["ee".repeat(32)] }))
  insider.publish("upd", record.encoded, nodeOf(mallory, group).era, [alice, bob, carol])
  world.run(15_000)
  alice.giveRole(group, bob, "admin")
  world.run(5_000)
  bob.remove(group, carol)
  world.run(20_000)
  expectOneState(group, alice, bob)
  expect(alice.memberNames(group)).not.toContain("carol")
})

test("a member who leaves with an operation that rests on what nobody has leaves the others together", () => {
  const { world, people, group } = gatherUnder(USUAL_POLICY, 66, "alice", "bob", "carol", "mallory")
  const [alice, bob, carol, mallory] = people as Four
  const insider = new Insider(world, mallory, group)
  const change = { kind: "leave", after: nodeOf(mallory, group).sid } as const
  const record = insider.sign(OPERATION, encodeOperation({ change, deps: ["ee".repeat(32)] }))
  insider.publish("upd", record.encoded, nodeOf(mallory, group).era, [alice, bob, carol])
  world.run(60_000)
  expectOneState(group, alice, bob, carol)
  expect(alice.memberNames(group)).toEqual(["alice", "bob", "carol"])
})

/** What the insider's own program refuses to do: asks for somebody's removal, and commits it. */
function forgeRemoval(insider: Insider, group: string, subject: Person): { sid: string } {
  const { person } = insider
  const { world } = person
  const parent = nodeOf(person, group)
  const state = stateIn(parent)
  const others = [...world.people.values()].filter((other) => other !== person)
  const change = { kind: "remove", identity: subject.identity, after: parent.sid } as const
  const deps = [...person.state.durable.groups.get(group)!.operations.keys()].slice(-1)
  const operation = insider.sign(OPERATION, encodeOperation({ change, deps }))
  const leafIndex = parent.roster.findIndex((device) => device?.identity === subject.identity)
  const created = createCommit(person.env().mls, state, {
    proposals: [{ kind: "remove", leafIndex }],
    authenticatedData: commitAuthenticatedData(parent.sid, [operation.hash]),
    now: BigInt(Math.floor(world.now / 1000)),
    path: true,
  })
  if (created.kind !== "ok") throw new Error(created.reason)
  const sid = toHex(created.next.confirmedTranscriptHash)
  const body = encodeCommitRecord({
    parent: parent.sid,
    sid,
    before: state.interimTranscriptHash,
    epoch: parent.epoch + 1,
    at: world.now,
    ops: [operation.hash],
    mls: created.commit,
  })
  insider.publish("upd", operation.encoded, parent.era, others)
  insider.publish("upd", insider.sign(COMMIT, body).encoded, parent.era, others)
  return { sid }
}
