import * as fc from "fast-check"
import { expect, test } from "vitest"

import { concat, type Bytes } from "@starling/kernel"
import {
  addContact,
  answered,
  decline,
  gossip,
  groups,
  invitations,
  invite,
  judge,
  nearby,
  requested,
  send,
  type Effect,
} from "@starling/messenger"
import {
  decodeAnswer,
  encodeCertificate,
  encodeContactLink,
  encodeHello,
  encodeKeyPackageRequest,
} from "@starling/messenger/parts"
import { MESSENGER_PROTOCOLS } from "@starling/messenger/ports"

import { expectOneState, expectTexts } from "../support/expectations.ts"
import { gather } from "../../src/gather.ts"
import type { Person } from "../../src/person.ts"
import { World } from "../../src/world.ts"

/** Every publication and request that the network has carried. */
function wiretap(world: World): { published: { topic: string; data: Bytes; by: Person }[]; requests: Effect[] } {
  const tap = { published: [] as { topic: string; data: Bytes; by: Person }[], requests: [] as Effect[] }
  for (const person of world.people.values())
    person.overheard = (effect) => {
      if (effect.kind === "publish") tap.published.push({ topic: effect.topic, data: effect.data, by: person })
      if (effect.kind === "request") tap.requests.push(effect)
    }
  return tap
}

test("garbage on every topic is rejected and changes nothing", () => {
  const { people, group } = gather(20, "alice", "bob")
  const bob = people[1]!
  bob.send(group, "something to protect")
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (random) => {
      fc.pre(random[0] !== 0)
      for (const topic of bob.topics) {
        expect(judge(bob.state, topic, random, bob.env())).toBe("reject")
        expect(gossip(bob.state, topic, random, people[0]!.peerId, bob.env()).state).toBe(bob.state)
      }
    }),
  )
})

test("garbage on every direct protocol is refused and changes nothing", () => {
  const { people } = gather(21, "alice", "bob")
  const [alice, bob] = people as [Person, Person]
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), fc.constantFrom(...MESSENGER_PROTOCOLS), (random, protocol) => {
      const step = requested(bob.state, protocol, random, alice.peerId, bob.env())
      expect(decodeAnswer(step.answer)).toMatchObject({ kind: "ok", value: { body: new Uint8Array(0) } })
      expect(step.state).toBe(bob.state)
      expect(step.writes).toEqual([])
    }),
  )
})

test("real frames cut short, bent or sent again change nothing", () => {
  const { world, people, group } = gather(22, "alice", "bob", "carol")
  const [alice, bob] = people as [Person, Person, Person]
  const tap = wiretap(world)
  alice.send(group, "once")
  alice.heal(group)
  world.run(5_000)
  expect(tap.published.length).toBeGreaterThanOrEqual(2)
  for (const { topic, data } of tap.published) {
    expect(gossip(bob.state, topic, data, alice.peerId, bob.env()).state).toBe(bob.state)
    for (let i = 0; i < 60; i++) {
      const at = world.dice.below(data.length)
      const bent = data.slice()
      bent[at] = (bent[at] ?? 0) ^ (1 + world.dice.below(255))
      for (const bad of [data.subarray(0, at), bent])
        expect(gossip(bob.state, topic, bad, alice.peerId, bob.env()).state).toBe(bob.state)
    }
  }
  world.run(10_000)
  expectTexts(group, ["once"], ...people)
})

test("frames of a newer version are refused as such, passed on, and change nothing", () => {
  const { world, people, group } = gather(23, "alice", "bob")
  const [alice, bob] = people as [Person, Person]
  const tap = wiretap(world)
  alice.send(group, "hello")
  alice.heal(group)
  world.run(12_000)
  const newer = (bytes: Uint8Array): Bytes => concat(Uint8Array.of(0, 9), bytes.subarray(2))
  for (const { topic, data } of tap.published) {
    expect(judge(bob.state, topic, newer(data), bob.env())).toBe("accept")
    expect(gossip(bob.state, topic, newer(data), alice.peerId, bob.env()).state).toBe(bob.state)
  }
  for (const protocol of MESSENGER_PROTOCOLS) {
    const step = requested(bob.state, protocol, Uint8Array.of(0, 9, 1, 2, 3), alice.peerId, bob.env())
    expect(decodeAnswer(step.answer)).toMatchObject({ value: { status: "newer-version" } })
    expect(step.state).toBe(bob.state)
  }
  expectOneState(group, alice, bob)
})

test("an answer of garbage changes nothing but that the request is over", () => {
  const { people, group } = gather(24, "alice", "bob")
  const [alice, bob] = people as [Person, Person]
  bob.world.disconnect(alice, bob)
  bob.world.connect(alice, bob)
  const before = bob.state
  for (const token of bob.tokens) {
    const step = answered(before, token, { kind: "answer", payload: Uint8Array.of(0, 1, 0, 2, 7, 7) }, bob.env())
    expect(step.writes).toEqual([])
  }
  expect(bob.tokens.length).toBeGreaterThan(0)
  expect(bob.phase(group)).toBe("active")
})

test("a stranger's invitation is held for a decision: nothing is joined, nothing shown, nothing sent", () => {
  const world = new World(25)
  const [alice, eve] = [world.person("alice"), world.person("eve")]
  world.meetAll()
  eve.knows(alice)
  const group = eve.createGroup("free coins")
  eve.invite(group, alice)
  world.run(2_000)
  eve.send(group, "buy now")
  world.run(20_000)
  expect(invitations(alice.state)).toMatchObject([{ group, name: "free coins", from: eve.identity, known: false }])
  expect(groups(alice.state)).toEqual([])
  expect(alice.messages(group)).toEqual([])
  expect([...alice.topics]).toEqual([`/starling/peer/${alice.peerId}`])
  expect(eve.detail(group).members).toMatchObject([{ self: true }, { pending: true }])

  alice.restart()
  world.run(2_000)
  expect(invitations(alice.state)).toHaveLength(1)
  alice.verb((state, env) => decline(state, group, env))
  world.run(30_000)
  expect(invitations(alice.state)).toEqual([])
  expect(groups(alice.state)).toEqual([])
  expect(eve.memberNames(group)).toEqual(["eve"])
})

test("a certificate that its identity did not sign is refused as contact, as neighbour and as member", () => {
  const world = new World(26)
  const [alice, bob] = [world.person("alice"), world.person("bob")]
  const honest = bob.state.durable.own
  const signature = honest.certificate.signature.map((byte, i) => (i === 5 ? byte ^ 1 : byte))
  const forged = { ...honest, encoded: encodeCertificate({ ...honest.certificate, signature }) }
  const frame = { device: forged, name: "bob", addresses: [] }
  const link = `starling://contact#${Buffer.from(encodeContactLink(frame)).toString("base64url")}`
  expect(addContact(alice.state, link, alice.env())).toMatchObject({ kind: "refused", code: "bad-link" })
  const hello = encodeHello({ device: forged, name: "bob", clock: world.now })
  const step = requested(alice.state, "hello", hello, bob.peerId, alice.env())
  expect(decodeAnswer(step.answer)).toMatchObject({ value: { status: "malformed" } })
  expect(step.state).toBe(alice.state)

  alice.knows(bob)
  const group = alice.createGroup()
  bob.state = { ...bob.state, durable: { ...bob.state.durable, own: forged } }
  world.meetAll()
  alice.invite(group, bob)
  world.run(3_000)
  expect(alice.memberNames(group)).toEqual(["alice"])
  expect(alice.troubles().join()).toMatch(/key was refused \(credential-rejected/)
})

test("a peer that shows somebody else's certificate is not taken for them", () => {
  const world = new World(27)
  const [alice, bob, eve] = [world.person("alice"), world.person("bob"), world.person("eve")]
  const hello = encodeHello({ device: bob.state.durable.own, name: "bob", clock: world.now })
  const step = requested(alice.state, "hello", hello, eve.peerId, alice.env())
  expect(decodeAnswer(step.answer)).toMatchObject({ value: { status: "invalid" } })
  expect(nearby(step.state)).toEqual([])
})

test.for([
  { name: "ahead", hours: 24 },
  { name: "behind", hours: -24 },
])("a clock that is a day $name is told, and nobody is added by it", ({ hours }) => {
  const world = new World(28)
  const [alice, bob] = [world.person("alice"), world.person("bob", hours * 3_600_000)]
  alice.knows(bob)
  bob.knows(alice)
  const group = alice.createGroup()
  alice.invite(group, bob)
  world.meetAll()
  world.run(1_000)
  expect(alice.troubles()).toContain("bob's clock and this one differ by 24 h: check date and time on both.")
  expect(bob.troubles()).toContain("alice's clock and this one differ by 24 h: check date and time on both.")
  expect(alice.memberNames(group)).toEqual(["alice"])
  expect(alice.detail(group).waiting).toMatchObject([{ name: "bob" }])
  expect(alice.troubles().join()).toContain("bob refused to join: the clocks of your two devices differ")
  expect(invitations(bob.state)).toEqual([])
  expect(invite(alice.state, group, bob.identity, alice.env())).toMatchObject({
    kind: "refused",
    code: "clock-differs",
  })
  bob.clockOffset = 0
  bob.restart()
  world.run(30_000)
  expect(invitations(bob.state)).toHaveLength(1)
})

test("with everything that a removed member's device held, nothing of what follows can be read", () => {
  const { world, people, group } = gather(29, "alice", "bob", "mallory")
  const [alice, bob, mallory] = people as [Person, Person, Person]
  bob.send(group, "for all three")
  world.run(3_000)
  const tap = wiretap(world)
  world.goOffline(mallory)
  const kept = mallory.state
  alice.remove(group, mallory)
  world.run(500)
  bob.send(group, "secret one")
  alice.send(group, "secret two")
  bob.heal(group)
  world.run(500)
  alice.send(group, "secret three")
  world.run(3_000)
  expectTexts(group, ["for all three", "secret one", "secret two", "secret three"], alice, bob)
  expect(tap.published.length).toBeGreaterThanOrEqual(5)
  // Only the removal itself, OP and COMMIT, is published where she can see that something is.
  expect(tap.published.map(({ topic }) => kept.topics.has(topic)).filter(Boolean)).toHaveLength(2)
  // Her reading code runs over every publication, on its own topic and on every topic that she knows.
  let state = kept
  const shown: unknown[] = []
  for (const { topic, data } of tap.published) {
    for (const each of new Set([topic, ...kept.topics])) {
      const step = gossip(state, each, data, alice.peerId, mallory.env())
      shown.push(...step.effects.filter((effect) => effect.kind === "notify" && effect.event.kind === "message"))
      state = step.state
    }
  }
  expect(shown).toEqual([])
  // And she asks for it.
  world.connect(alice, mallory)
  world.run(20_000)
  expect(mallory.phase(group)).toBe("removed")
  expectTexts(group, ["for all three"], mallory)
  expect(send(mallory.state, group, "let me in", mallory.env())).toMatchObject({ code: "not-active" })
})

test("KeyPackages are handed out one at a time to each peer, and to strangers in small number", () => {
  const world = new World(30)
  const alice = world.person("alice")
  const asks = (from: string): string => {
    const payload = encodeKeyPackageRequest({ clock: world.now, suite: 1 })
    let text = ""
    alice.input((state, env) => {
      const step = requested(state, "key-package", payload, from, env)
      const answer = decodeAnswer(step.answer)
      text = answer.kind === "ok" ? `${answer.value.status} ${answer.value.body.join()}` : "?"
      return step
    })
    return text
  }
  const first = asks("stranger 0")
  expect(first).toMatch(/^ok /)
  expect(asks("stranger 0")).toBe(first)
  const answers = Array.from({ length: 70 }, (_, i) => asks(`stranger ${i}`))
  expect(answers.filter((answer) => answer.startsWith("ok"))).toHaveLength(64)
  expect(new Set(answers.slice(0, 64)).size).toBe(64)
  expect(answers.at(-1)).toMatch(/^exhausted/)
})

test("who knows of a removal encrypts nothing to the one removed, even before the commit has come", () => {
  const { world, people, group } = gather(31, "alice", "bob", "mallory")
  const [alice, bob, mallory] = people as [Person, Person, Person]
  const tap = wiretap(world)
  world.goOffline(alice)
  alice.remove(group, mallory)
  const [wish] = tap.published
  bob.input((state, env) => gossip(state, wish!.topic, wish!.data, mallory.peerId, env))
  expect(bob.memberNames(group)).toContain("mallory")
  bob.send(group, "not for mallory")
  expect(bob.memberNames(group)).toEqual(["alice", "bob"])
  world.run(30_000)
  expectTexts(group, [], mallory)
  world.connect(alice, bob)
  world.run(30_000)
  expectOneState(group, alice, bob)
  expectTexts(group, ["not for mallory"], alice, bob)
})
