import { expect, test } from "vitest"

import { toHex, type Bytes } from "@starling/kernel"
import { accept, decline, gossip, groups, invitations, send } from "@starling/messenger"

import { expectOneState, expectTexts } from "../support/expectations.ts"
import { ask, askForKeyPackage, forgeInvitation, foundingOf, groupIdOf, sendForged } from "../../src/forge.ts"
import { gather } from "../../src/gather.ts"
import type { Person } from "../../src/person.ts"
import { World } from "../../src/world.ts"

const DAY = 86_400_000

/** Alice has invited her contact Bob; Mallory, who is connected with both, knows everything of the group but its secrets. */
function invited(
  seed: number,
  mallorysIsFirst = false,
): {
  world: World
  people: [Person, Person, Person]
  group: string
} {
  const world = new World(seed)
  const people: [Person, Person, Person] = [world.person("alice"), world.person("bob"), world.person("mallory")]
  const [alice, bob, mallory] = people
  alice.knows(bob)
  bob.knows(alice)
  const group = alice.createGroup("family")
  if (mallorysIsFirst) expect(sendForged(mallory, bob, groupIdOf(group), foundingOf(alice, group))).toBe("ok")
  world.meetAll()
  alice.invite(group, bob)
  world.run(2_000)
  return { world, people, group }
}

/** Days go by in which everybody's device is asleep. */
function pass(world: World, days: number): void {
  world.now += days * DAY
  world.run(60_000)
}

/** Every frame that these people send from now on over the direct protocol `invitation`. */
function invitationsOf(...people: readonly Person[]): Bytes[] {
  const frames: Bytes[] = []
  for (const person of people)
    person.overheard = (effect) => {
      if (effect.kind === "request" && effect.protocol === "invitation") frames.push(effect.payload)
    }
  return frames
}

test.for([
  { name: "after", first: false },
  { name: "before", first: true },
])("a stranger's Welcomes for the same group, $name a friend's, change nothing of the friend's", ({ first }) => {
  const { world, people, group } = invited(40, first)
  const [alice, bob, mallory] = people
  const founding = foundingOf(alice, group)
  for (let i = 0; i < 6; i++) {
    sendForged(mallory, bob, groupIdOf(group), founding)
    expect(invitations(bob.state)).toMatchObject([{ group, name: "family", from: alice.identity, known: true }])
  }
  bob.restart()
  bob.accept(group)
  world.run(20_000)
  expectOneState(group, alice, bob)
  expect(bob.memberNames(group)).toEqual(["alice", "bob"])
  bob.send(group, "for the family")
  world.run(5_000)
  expectTexts(group, ["for the family"], alice, bob)
})

test("who declines a forged invitation is asked about the true one next, and may accept it", () => {
  const world = new World(41)
  const [alice, bob, mallory] = [world.person("alice"), world.person("bob"), world.person("mallory")]
  alice.knows(bob)
  const group = alice.createGroup("family")
  expect(sendForged(mallory, bob, groupIdOf(group), { ...foundingOf(alice, group), name: "Family!" })).toBe("ok")
  world.run(10)
  world.connect(alice, bob)
  alice.invite(group, bob)
  world.run(2_000)
  expect(invitations(bob.state)).toMatchObject([{ name: "Family!", from: mallory.identity }])
  bob.verb((state, env) => decline(state, group, env))
  expect(invitations(bob.state)).toMatchObject([{ name: "family", from: alice.identity }])
  bob.accept(group)
  world.run(20_000)
  expectOneState(group, alice, bob)
})

test("nobody on the way reads from an Invitation which group it is to, or who invites", () => {
  const world = new World(42)
  const [alice, bob] = [world.person("alice"), world.person("bob")]
  alice.knows(bob)
  const group = alice.createGroup("family")
  const seen: Bytes[] = []
  alice.overheard = (effect) => {
    if (effect.kind === "publish" && effect.topic === `/starling/peer/${bob.peerId}`) seen.push(effect.data)
  }
  world.meetAll()
  alice.invite(group, bob)
  world.run(2_000)
  expect(seen).toHaveLength(1)
  const { device, certificate } = alice.state.durable.own
  for (const secret of [
    toHex(groupIdOf(group)),
    device,
    toHex(certificate.identityKey),
    toHex(certificate.transportKey),
  ])
    expect(toHex(seen[0]!)).not.toContain(secret)
})

test("an Invitation that was declined or accepted does not come up again when it is replayed", () => {
  const world = new World(43)
  const [alice, bob] = [world.person("alice"), world.person("bob")]
  alice.knows(bob)
  const frames = invitationsOf(alice)
  const [declined, accepted] = [alice.createGroup("declined"), alice.createGroup("accepted")]
  world.meetAll()
  for (const group of [declined, accepted]) {
    alice.invite(group, bob)
    world.run(2_000)
  }
  bob.verb((state, env) => decline(state, declined, env))
  bob.accept(accepted)
  world.run(20_000)
  expect(frames).toHaveLength(2)
  const before = bob.state.durable
  for (const frame of frames) {
    expect(ask(bob, alice.peerId, "invitation", frame).status).toBe("ok")
    bob.input((state, env) => gossip(state, `/starling/peer/${bob.peerId}`, frame, alice.peerId, env))
  }
  expect(bob.state.durable).toBe(before)
  expect(invitations(bob.state)).toEqual([])

  // Long after, when the KeyPackages are gone.
  pass(world, 10)
  for (const frame of frames) expect(ask(bob, alice.peerId, "invitation", frame).status).toBe("unknown-key-package")
  expect(invitations(bob.state)).toEqual([])
})

test("somebody else may carry an Invitation: it counts as its inviter's", () => {
  const world = new World(44)
  const [alice, bob, carl] = [world.person("alice"), world.person("bob"), world.person("carl")]
  const keyPackage = askForKeyPackage(bob, alice.peerId)!
  const group = alice.createGroup("carried")
  const frame = forgeInvitation(alice, keyPackage, groupIdOf(group))
  expect(ask(bob, carl.peerId, "invitation", frame).status).toBe("ok")
  expect(invitations(bob.state)).toMatchObject([{ group, from: alice.identity }])
})

test("a KeyPackage that was handed to one peer serves no other inviter", () => {
  const world = new World(45)
  const [alice, bob, eve] = [world.person("alice"), world.person("bob"), world.person("eve")]
  const keyPackage = askForKeyPackage(bob, alice.peerId)!
  const frame = forgeInvitation(eve, keyPackage, groupIdOf(eve.createGroup()))
  for (const sender of [alice, eve]) expect(ask(bob, sender.peerId, "invitation", frame).status).toBe("invalid")
  expect(invitations(bob.state)).toEqual([])
})

test("a KeyPackage serves four Welcomes at most", () => {
  const world = new World(46)
  const [bob, eve] = [world.person("bob"), world.person("eve")]
  const keyPackage = askForKeyPackage(bob, eve.peerId)!
  const statuses = Array.from({ length: 6 }, () => {
    const frame = forgeInvitation(eve, keyPackage, groupIdOf(eve.createGroup()))
    return ask(bob, eve.peerId, "invitation", frame).status
  })
  expect(statuses).toEqual(["ok", "ok", "ok", "ok", "unknown-key-package", "unknown-key-package"])
  expect(invitations(bob.state)).toHaveLength(4)
})

test("of one inviter's Welcomes for a group the first four are kept, and all have the founding that was shown", () => {
  const world = new World(47)
  const [bob, eve] = [world.person("bob"), world.person("eve")]
  const id = groupIdOf(eve.createGroup())
  const founding = { name: "shown", createdAt: world.now }
  expect(sendForged(eve, bob, id, founding)).toBe("ok")
  expect(sendForged(eve, bob, id, { ...founding, name: "another" })).toBe("invalid")
  const statuses = Array.from({ length: 4 }, () => sendForged(eve, bob, id, founding))
  expect(statuses).toEqual(["ok", "ok", "ok", "exhausted"])
  expect(invitations(bob.state)).toMatchObject([{ name: "shown" }])
})

test("a contact gets sixteen KeyPackages a day and eight undecided invitations, which end after four weeks", () => {
  const world = new World(48)
  const [bob, mallory] = [world.person("bob"), world.person("mallory")]
  bob.knows(mallory)
  const statuses = Array.from({ length: 20 }, () => sendForged(mallory, bob, groupIdOf(mallory.createGroup())))
  expect(statuses.filter((status) => status === "ok")).toHaveLength(8)
  expect(invitations(bob.state)).toHaveLength(8)
  expect(bob.state.durable.keyPackages.size).toBeLessThanOrEqual(16)
  for (const { group } of invitations(bob.state)) bob.verb((state, env) => decline(state, group, env))
  const more = Array.from({ length: 20 }, () => sendForged(mallory, bob, groupIdOf(mallory.createGroup())))
  expect(more.filter((status) => status === "ok")).toHaveLength(8)
  expect(more.at(-1)).toBe("no KeyPackage")
  expect(bob.state.durable.keyPackages.size).toBe(16)
  pass(world, 2)
  expect(sendForged(mallory, bob, groupIdOf(mallory.createGroup()))).toBe("exhausted")
  pass(world, 31)
  expect(invitations(bob.state)).toEqual([])
  expect(bob.state.durable.keyPackages.size).toBe(0)
  expect(sendForged(mallory, bob, groupIdOf(mallory.createGroup()))).toBe("ok")
})

test("strangers who never use what they ask for shut nobody out for longer than an hour", () => {
  const world = new World(49)
  const bob = world.person("bob")
  const asks = (name: string): boolean => askForKeyPackage(bob, name) !== undefined
  for (let i = 0; i < 64; i++) expect(asks(`throw-away ${i}`)).toBe(true)
  expect(asks("friend of a friend")).toBe(false)
  world.run(3_600_000)
  expect(asks("friend of a friend")).toBe(true)
  expect(bob.state.durable.keyPackages.size).toBe(64)
})

test("somebody who is no member can't invite into a group that this device is in", () => {
  const { world, people, group } = gather(50, "alice", "bob")
  const [alice, bob] = people as [Person, Person]
  const mallory = world.person("mallory")
  const before = bob.state.durable.groups
  expect(sendForged(mallory, bob, groupIdOf(group), foundingOf(alice, group))).toBe("not-a-member")
  expect(sendForged(mallory, bob, groupIdOf(group))).toBe("invalid")
  expect(bob.state.durable.groups).toBe(before)
  expect(invitations(bob.state)).toEqual([])
})

test("a member's Welcomes from nowhere are entered eight times at most, and never preferred to the records", () => {
  const { world, people, group } = gather(51, "alice", "bob", "mallory")
  const [alice, bob, mallory] = people as [Person, Person, Person]
  const founding = foundingOf(alice, group)
  const statuses = Array.from({ length: 12 }, () => sendForged(mallory, bob, groupIdOf(group), founding))
  expect(statuses.filter((status) => status === "ok")).toHaveLength(8)
  expect(statuses.at(-1)).toBe("exhausted")
  expectOneState(group, alice, bob)
  bob.restart()
  world.run(5_000)
  bob.send(group, "still here")
  world.run(10_000)
  expectTexts(group, ["still here"], ...people)
})

test("who left a group or was removed is asked anew, and enters only what a new invitation leads to", () => {
  const { world, people, group } = gather(52, "alice", "bob", "carol")
  const [alice, bob, carol] = people as [Person, Person, Person]
  alice.remove(group, bob)
  carol.leave(group)
  world.run(30_000)
  expect([bob.phase(group), carol.phase(group)]).toEqual(["removed", "left"])
  // Nobody's word but a founding that differs is enough to refuse it.
  const mallory = world.person("mallory")
  expect(sendForged(mallory, bob, groupIdOf(group))).toBe("invalid")
  for (const each of [bob, carol]) {
    alice.invite(group, each)
    world.run(3_000)
    expect(invitations(each.state)).toMatchObject([{ group, from: alice.identity }])
    expect(each.phase(group)).not.toBe("active")
    each.accept(group)
  }
  world.run(30_000)
  expectOneState(group, ...people)
})

test("who accepts a removed member's invitation to a group that it left sends nothing to them", () => {
  const { world, people, group } = gather(53, "alice", "bob", "mallory")
  const [alice, bob, mallory] = people as [Person, Person, Person]
  alice.remove(group, mallory)
  world.run(20_000)
  bob.leave(group)
  world.run(30_000)
  expect(bob.phase(group)).toBe("left")
  expect(sendForged(mallory, bob, groupIdOf(group), foundingOf(alice, group))).toBe("ok")
  expect(invitations(bob.state)).toMatchObject([{ from: mallory.identity }])
  bob.accept(group)
  world.run(20_000)
  expect(send(bob.state, group, "secret", bob.env())).toMatchObject({ kind: "refused" })
  expect(alice.memberNames(group)).toEqual(["alice"])
})

test("a second member's Welcome that came before the decision is entered once its sender is known as a member", () => {
  const { world, people, group } = gather(54, "alice", "carol")
  const [alice, carol] = people as [Person, Person]
  const bob = world.person("bob")
  bob.knows(alice)
  world.partition([alice, bob], [carol])
  alice.knows(bob)
  carol.knows(bob)
  alice.invite(group, bob)
  world.run(2_000)
  world.partition([carol, bob], [alice])
  carol.invite(group, bob)
  world.run(2_000)
  expect(bob.state.durable.invitations.size).toBe(2)
  expect(invitations(bob.state)).toMatchObject([{ group, from: alice.identity }])
  bob.restart()
  world.run(100)
  expect(groups(bob.state)).toEqual([])
  world.partition([alice, carol, bob])
  expect(accept(bob.state, group, bob.env()).kind).toBe("done")
  bob.accept(group)
  world.run(60_000)
  expectOneState(group, alice, bob, carol)
  expect(bob.state.durable.invitations.size).toBe(0)
})

test("a device that was added on a branch that lost stays there, however high a member's Welcome from nowhere is", () => {
  let displaced = 0
  for (let seed = 62; seed < 66; seed++) {
    const { world, people, group } = gather(seed, "alice", "carol", "mallory")
    const [alice, carol, mallory] = people as [Person, Person, Person]
    const bob = world.person("bob")
    world.partition([alice], [carol, bob])
    world.run(1_000)
    alice.heal(group)
    carol.invite(group, bob)
    world.run(2_000)
    bob.accept(group)
    world.run(5_000)
    world.partition([alice, carol], [bob])
    world.run(2_000)
    world.connect(carol, bob)
    // Bob learns of Alice's branch from Carol, who is about to add him there.
    const tips = (): { live: string; chosen: string } => bob.state.durable.groups.get(group)!
    for (let i = 0; i < 100 && tips().live === tips().chosen; i++) world.run(1)
    const { live, chosen } = tips()
    if (live === chosen) continue
    displaced++
    const keyPackage = askForKeyPackage(bob, mallory.peerId)!
    const frame = forgeInvitation(mallory, keyPackage, groupIdOf(group), foundingOf(alice, group), 20)
    expect(ask(bob, mallory.peerId, "invitation", frame).status).toBe("ok")
    expect(bob.state.durable.groups.get(group)).toMatchObject({ live, chosen })
    world.partition([alice, bob, carol, mallory])
    world.run(60_000)
    expectOneState(group, alice, bob, carol, mallory)
  }
  expect(displaced).toBeGreaterThan(0)
})
