import { expect, test } from "vitest"

import { invitations, send } from "@starling/messenger"

import { expectOneState, expectTexts } from "../support/expectations.ts"
import { World } from "../../src/world.ts"

test("two people meet, talk, heal, and part: one epoch authenticator after each step", () => {
  const world = new World(1)
  const [alice, bob] = [world.person("alice"), world.person("bob")]
  world.meetAll()
  alice.knows(bob)
  bob.knows(alice)
  const group = alice.createGroup("ducks")
  alice.invite(group, bob)
  world.run(2_000)
  expect(invitations(bob.state)).toMatchObject([
    { group, name: "ducks", from: alice.identity, fromName: "alice", known: true },
  ])
  bob.accept(group)
  world.run(2_000)
  expectOneState(group, alice, bob)
  expect(alice.memberNames(group)).toEqual(["alice", "bob"])

  const texts: string[] = []
  for (let i = 0; i < 10; i++) {
    for (const person of [alice, bob]) {
      texts.push(`${person.name} ${i}`)
      person.send(group, `${person.name} ${i}`)
      world.run(100)
    }
  }
  expectTexts(group, texts, alice, bob)
  expectOneState(group, alice, bob)

  const before = alice.detail(group).epochAuthenticator
  bob.heal(group)
  world.run(1_000)
  expectOneState(group, alice, bob)
  expect(alice.detail(group).epochAuthenticator).not.toBe(before)

  alice.remove(group, bob)
  alice.send(group, "bob must not read this")
  world.run(30_000)
  expect(bob.phase(group)).toBe("removed")
  expectTexts(group, texts, bob)
  expectTexts(group, [...texts, "bob must not read this"], alice)
  expect(send(bob.state, group, "hello?", bob.env())).toMatchObject({ kind: "refused", code: "not-active" })
  expect(world.rejected).toEqual([])
})
