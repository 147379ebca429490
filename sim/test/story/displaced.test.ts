import { expect, test } from "vitest"

import { toHex } from "@starling/kernel"

import { expectOneState, expectTexts } from "../support/expectations.ts"
import { forgeCommit, leafKeyOf, nodeOf, standingOf, stateIn, whisper } from "../../src/forged-commit.ts"
import { gather } from "../../src/gather.ts"
import { crypto } from "../../src/seeded.ts"
import type { Person } from "../../src/person.ts"

test("who cannot open its part of a commit that the others are in is added anew", () => {
  const { world, people, group } = gather(11, "mallory", "alice", "bob")
  const [mallory, alice, bob] = people as [Person, Person, Person]
  const parent = nodeOf(mallory, group)
  const state = stateIn(parent)
  // Mallory seals the path to a key that is not Bob's: everybody else can open theirs.
  const wrong = crypto.kem.deriveKeyPair(new Uint8Array(32).fill(9)).publicKey
  const keyOfBob = leafKeyOf(state, bob)
  const env = mallory.env()
  const kem = {
    ...crypto.kem,
    encapsulate: (key: Uint8Array, seed: Uint8Array) =>
      crypto.kem.encapsulate(toHex(key) === toHex(keyOfBob) ? wrong : key, seed),
  }
  const mls = { ...env.mls, crypto: { ...crypto, kem: kem as typeof crypto.kem } }
  const { sid, data } = forgeCommit(mallory, group, { parent, mls })
  world.goOffline(mallory)
  whisper(mallory, group, data, alice, bob)
  expect(standingOf(alice, group, sid)).toBe("held")
  expect(standingOf(bob, group, sid)).toBe("barred")
  world.run(1_000)
  alice.heal(group)
  alice.send(group, "said where bob could not read")
  world.run(180_000)
  expectOneState(group, alice, bob)
  expectTexts(group, ["said where bob could not read"], alice, bob)
})
