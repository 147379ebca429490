import { expect, test } from "vitest"

import { expectOneState, expectTexts } from "../support/expectations.ts"
import type { Person } from "../../src/person.ts"
import { World } from "../../src/world.ts"

const HYBRID = 0x4d
const BOTH = [HYBRID, 1] as const

function pair(seed: number): { world: World; alice: Person; bob: Person } {
  const world = new World(seed)
  const [alice, bob] = [world.person("alice"), world.person("bob")]
  world.meetAll()
  alice.knows(bob)
  bob.knows(alice)
  return { world, alice, bob }
}

function take(world: World, group: string, alice: Person, bob: Person): void {
  alice.invite(group, bob)
  world.run(2_000)
  bob.accept(group)
  world.run(2_000)
  expectOneState(group, alice, bob)
}

test("a group is created in the first suite that its founder speaks, and an older one goes on in its own", () => {
  const { world, alice, bob } = pair(21)
  const old = alice.createGroup("before")
  take(world, old, alice, bob)
  alice.suites = BOTH
  bob.suites = BOTH
  const group = alice.createGroup("after")
  take(world, group, alice, bob)
  expect(alice.detail(group).suite).toBe("MLS_256_XWING_CHACHA20POLY1305_SHA256_Ed25519")
  expect(alice.detail(old).suite).toBe("MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519")
  for (const each of [old, group]) {
    bob.heal(each)
    world.run(1_000)
    alice.send(each, "one")
    bob.send(each, "two")
    world.run(1_000)
    alice.restart()
    bob.restart()
    world.run(15_000)
    expectOneState(each, alice, bob)
    expectTexts(each, ["one", "two"], alice, bob)
  }
})

test("who does not speak a group's suite is told of, and comes in once they do", () => {
  const { world, alice, bob } = pair(22)
  alice.suites = BOTH
  const group = alice.createGroup("after")
  alice.invite(group, bob)
  world.run(30_000)
  expect(alice.memberNames(group)).toEqual(["alice"])
  expect(alice.troubles().some((text) => text.includes("too old for this group's cipher suite"))).toBe(true)
  bob.suites = BOTH
  world.run(30_000)
  bob.accept(group)
  world.run(2_000)
  expectOneState(group, alice, bob)
})
