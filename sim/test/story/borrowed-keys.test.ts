import { expect, test } from "vitest"

import { toBase64url } from "@starling/kernel"
import { addContact, gossip, invite } from "@starling/messenger"
import {
  certifyDevice,
  describeDevice,
  encodeContactLink,
  encodeOperation,
  sealEnvelope,
  type Device,
  type LoggedRecord,
} from "@starling/messenger/parts"
import { createKeyPackage, type SignatureKeyPair } from "@starling/mls"

import { gather, gatherUnder } from "../../src/gather.ts"
import { groupOf } from "../../src/group-of.ts"
import { Insider } from "../../src/insider.ts"
import type { Person } from "../../src/person.ts"
import { crypto } from "../../src/seeded.ts"
import type { World } from "../../src/world.ts"
import { expectOneState } from "../support/expectations.ts"

type Four = [Person, Person, Person, Person]

const OPERATION = 1
const QUIN = crypto.signature.deriveKeyPair(new Uint8Array(32).fill(9))

/** Quin's certificate for a device whose keys are `borrowed`, and the rest its own. */
function quinWith(borrowed: { signatureKey?: Uint8Array; transportKey?: Uint8Array }, createdAt = 1): Device {
  const [signatureKey, transportKey] = [borrowed.signatureKey, borrowed.transportKey].map(
    (key) => new Uint8Array(key ?? QUIN.publicKey),
  )
  if (signatureKey === undefined || transportKey === undefined) throw new RangeError("a device has two keys")
  const certificate = { identityKey: QUIN.publicKey, signatureKey, transportKey, createdAt }
  return describeDevice(crypto, certifyDevice(crypto, QUIN.privateKey, certificate))
}

/** Mallory's addition of Quin. */
function additionOf(device: Device, insider: Insider, keep = true): LoggedRecord {
  const deps = [...insider.known().keys()].slice(-8)
  return insider.sign(OPERATION, encodeOperation({ change: { kind: "add", device, name: "quin" }, deps }), keep)
}

function bring(record: LoggedRecord, from: Person, group: string, ...to: readonly Person[]): void {
  const { forest, live } = groupOf(from, group)!
  const era = forest.get(live)!.era!
  const data = sealEnvelope(crypto, era, "upd", record.encoded)
  for (const person of to) person.input((state, env) => gossip(state, era.topic, data, from.peerId, env))
}

function certificateOf(person: Person): Device["certificate"] {
  return person.state.durable.own.certificate
}

function rosterOf(person: Person, group: string): string[] {
  const { forest, live } = groupOf(person, group)!
  return forest.get(live)!.roster.flatMap((device) => device?.device ?? [])
}

/** Lets `insider` invite whoever bears `device`, and add them by a KeyPackage that it made itself. */
function seat(insider: Person, group: string, device: Device, keys: SignatureKeyPair): void {
  const link = `starling://contact#${toBase64url(encodeContactLink({ device, name: "quin", addresses: [] }))}`
  insider.verb((state, env) => addContact(state, link, env))
  insider.verb((state, env) => invite(state, group, device.identity, env))
  const { mls } = insider.env()
  const now = BigInt(Math.floor(insider.world.now / 1_000))
  const { keyPackage } = createKeyPackage(mls, {
    credential: { kind: "basic", identity: device.encoded },
    signatureKeys: keys,
    supportedExtensions: [0xf5a0, 0xf5a1],
    lifetime: { notBefore: now - 1_000n, notAfter: now + 1_000_000n },
  })
  const work = insider.state.work.get(group)!
  const changed = { ...work, keyPackages: new Map([[device.identity, keyPackage]]) }
  insider.state = { ...insider.state, work: new Map(insider.state.work).set(group, changed) }
  insider.heal(group)
}

const SAID = ["one", "two", "three"]

/** What Alice says while Henry is away, and then `meanwhile`, reaches him from whoever of the others he meets again. */
function expectReached(
  { world, people: [alice, bob, henry, mallory], group }: { world: World; people: Four; group: string },
  meanwhile: () => void = () => undefined,
): void {
  world.goOffline(henry)
  world.run(3_000)
  for (const text of SAID) alice.send(group, text)
  world.run(3_000)
  meanwhile()
  world.goOffline(mallory)
  for (const each of [alice, bob]) world.connect(each, henry)
  world.run(60_000)
  expect(henry.texts(group).toSorted()).toEqual(SAID.toSorted())
}

test("whoever asks for a puppet under somebody else's PeerId keeps nothing from that one", () => {
  const policy = { invite: "everyone", remove: "admins" } as const
  const { world, people, group } = gatherUnder(policy, 8, "alice", "bob", "henry", "mallory")
  const [alice, bob, henry, mallory] = people as Four
  const insider = new Insider(world, mallory, group)
  const { device } = henry.state.durable.own
  const admission = [...insider.known().values()].find(
    ({ change }) => change.kind === "add" && change.device.device === device,
  )!
  const { transportKey } = certificateOf(henry)
  // Of two who bear one PeerId the one whose addition has the greater hash is the last to be looked at.
  let record = additionOf(quinWith({ transportKey }), insider, false)
  for (let at = 2; record.hash < admission.hash; at++)
    record = additionOf(quinWith({ transportKey }, at), insider, false)
  bring(record, mallory, group, ...people)
  world.run(5_000)
  expectReached({ world, people: [alice, bob, henry, mallory], group })
})

test("a puppet that comes to be a member under somebody else's PeerId keeps nothing from that one either", () => {
  const { world, people, group } = gather(8, "alice", "bob", "henry", "mallory")
  const [alice, bob, henry, mallory] = people as Four
  const device = quinWith({ transportKey: certificateOf(henry).transportKey })
  expectReached({ world, people: [alice, bob, henry, mallory], group }, () => {
    seat(mallory, group, device, QUIN)
    world.run(5_000)
    for (const person of [alice, bob]) expect(rosterOf(person, group), person.name).toContain(device.device)
  })
})

test("what a device says is its own person's word, whoever was named for it first", () => {
  const { world, people, group } = gather(8, "alice", "bob", "mallory")
  const [alice, bob, mallory] = people as [Person, Person, Person]
  const henry = world.person("henry")
  world.meetAll()
  alice.knows(henry)
  world.partition([alice, henry], [bob, mallory])
  alice.invite(group, henry)
  world.run(1_000)
  henry.accept(group)
  const { signatureKey, transportKey } = certificateOf(henry)
  const addition = additionOf(quinWith({ signatureKey, transportKey }), new Insider(world, mallory, group))
  bring(addition, mallory, group, bob)
  world.run(3_000)
  world.meetAll()
  world.run(30_000)
  henry.leave(group)
  world.run(30_000)
  const quin = quinWith({}).identity
  const expectLeft = (person: Person): void => {
    const { desired } = groupOf(person, group)!.membership
    expect([desired.has(henry.identity), desired.has(quin)], person.name).toEqual([false, true])
  }
  expectOneState(group, alice, bob)
  for (const person of [alice, bob]) expectLeft(person)
  for (const person of [alice, bob]) person.restart()
  for (const person of [alice, bob]) expectLeft(person)
  expect(groupOf(bob, group)!.operations).toEqual(groupOf(alice, group)!.operations)
})

test.for(["here", "away"] as const)(
  "a KeyPackage of somebody who is %s adds nobody else who is named for it",
  (where) => {
    const { world, people, group } = gather(8, "alice", "bob", "mallory")
    const [alice, bob, mallory] = people as [Person, Person, Person]
    const henry = world.person("henry")
    world.meetAll()
    alice.knows(henry)
    henry.knows(alice)
    world.run(60_000)
    if (where === "away") world.goOffline(henry)
    const { signatureKey, transportKey } = certificateOf(henry)
    const addition = additionOf(quinWith({ signatureKey, transportKey }), new Insider(world, mallory, group))
    const before = groupOf(alice, group)!.live
    bring(addition, mallory, group, ...people)
    world.goOffline(mallory)
    world.run(120_000)
    for (const person of [alice, bob]) {
      expect(groupOf(person, group)!.live, person.name).toBe(before)
      const told = person.notifications.filter(({ kind }) => kind === "trouble")
      expect(told.length, person.name).toBeLessThanOrEqual(where === "here" ? 1 : 0)
    }
    alice.invite(group, henry)
    world.run(30_000)
    world.connect(alice, henry)
    world.run(5_000)
    henry.accept(group)
    world.run(30_000)
    expectOneState(group, alice, bob, henry)
  },
)

test("what was kept by the word of a device that turns out to be somebody else's is let go, and everybody holds the same", () => {
  const policy = { invite: "admins", remove: "admins" } as const
  const { world, people, group } = gatherUnder(policy, 8, "alice", "bob", "mallory")
  const [alice, bob, mallory] = people as [Person, Person, Person]
  alice.giveRole(group, mallory, "owner")
  const [henry, zoe] = [world.person("henry"), world.person("zoe")]
  world.meetAll()
  world.run(5_000)
  alice.knows(henry)
  world.partition([alice, henry], [bob, mallory])
  alice.invite(group, henry)
  world.run(1_000)
  henry.accept(group)
  world.run(3_000)
  // To one part of the group Henry speaks as Quin, who may invite, and brings somebody in.
  const { signatureKey, transportKey } = certificateOf(henry)
  const quin = quinWith({ signatureKey, transportKey })
  const byMallory = new Insider(world, mallory, group)
  const asQuin = additionOf(quin, byMallory)
  const role = { kind: "role", identity: quin.identity, role: "admin" } as const
  const asAdmin = byMallory.sign(OPERATION, encodeOperation({ change: role, deps: [asQuin.hash] }))
  const change = { kind: "add", device: zoe.state.durable.own, name: "zoe" } as const
  const byHenry = new Insider(world, henry, group)
  const brought = byHenry.signAfter(undefined, OPERATION, encodeOperation({ change, deps: [asAdmin.hash] }))
  const said = new Insider(world, zoe, group).signAfter(undefined, 9, new Uint8Array(8))
  for (const record of [asQuin, asAdmin, brought, said]) bring(record, mallory, group, bob)
  const { device } = zoe.state.durable.own
  expect(groupOf(bob, group)!.operations.get(brought.hash)?.author).toBe(quin.identity)
  expect(groupOf(bob, group)!.logs.has(device)).toBe(true)
  world.goOffline(mallory)
  world.connect(alice, bob)
  world.run(60_000)
  bob.restart()
  world.connect(alice, bob)
  world.run(10_000)
  for (const person of [alice, bob]) {
    const { operations, logs, membership } = groupOf(person, group)!
    expect(operations.get(brought.hash)?.author, person.name).toBe(henry.identity)
    expect(logs.has(device), person.name).toBe(false)
    expect(membership.desired.has(zoe.identity), person.name).toBe(false)
  }
  expectOneState(group, alice, bob)
})
