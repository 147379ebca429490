import { readFileSync } from "node:fs"
import { gunzipSync } from "node:zlib"

import { expect, test } from "vitest"

import { fromHex } from "@starling/kernel"
import { openPeer, ownIdentity } from "@starling/messenger"

import { expectOneState, expectTexts } from "../support/expectations.ts"
import type { Person } from "../../src/person.ts"
import { World } from "../../src/world.ts"

type Rows = Record<string, readonly (readonly [partition: string, key: string, ordinal: number, value: string])[]>

/** What version 0.1 had stored for two of three members after messages of all and two heals. */
interface Stored {
  readonly group: string
  readonly now: number
  readonly epochAuthenticator: string
  readonly alice: Rows
  readonly bob: Rows
}

const stored: Stored = JSON.parse(
  gunzipSync(
    readFileSync(new URL("../../../packages/messenger/test/fixtures/store-0.1.json.gz", import.meta.url)),
  ).toString(),
)

function awaken(world: World, name: "alice" | "bob"): Person {
  const person = world.person(name)
  for (const [bucket, rows] of Object.entries(stored[name])) {
    person.store.commit(
      rows.map(([partition, key, ordinal, value]) => {
        return { kind: "put", bucket, partition, key, ordinal, value: fromHex(value) ?? new Uint8Array(0) } as const
      }),
    )
  }
  person.restart()
  const { peerId, identity } = ownIdentity(person.state)
  Object.assign(person, { peerId, identity })
  return person
}

test("what version 0.1 stored opens, is renewed once, and the group goes on", () => {
  const world = new World(5)
  world.now = stored.now
  const [alice, bob] = [awaken(world, "alice"), awaken(world, "bob")]
  const { group } = stored
  expect(alice.detail(group).epochAuthenticator).toBe(stored.epochAuthenticator)
  expect(alice.detail(group).suite).toBe("MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519")
  const again = openPeer(alice.store, alice.env())
  expect(again).toMatchObject({ kind: "open", writes: [] })
  // What it sent stood in the group's row, and has rows of its own.
  const { sent } = alice.state.durable.groups.get(group)!
  expect(sent.length).toBeGreaterThan(0)
  expect(alice.store.list("sent-messages", group).map(({ key }) => key)).toEqual(sent.map(({ id }) => id))
  if (again.kind === "open") expect(again.state.durable.groups.get(group)?.sent).toEqual(sent)

  world.meetAll()
  world.run(1_000)
  alice.send(group, "from the new version")
  bob.heal(group)
  world.run(2_000)
  bob.send(group, "and back")
  world.run(2_000)
  expectOneState(group, alice, bob)
  const texts = ["from alice", "from bob", "after a heal", "from the new version", "and back"]
  expectTexts(group, texts, alice, bob)
  alice.restart()
  bob.restart()
  world.run(15_000)
  expectOneState(group, alice, bob)
})

test("a message writes the ratchet that it moved, and no tree", () => {
  const world = new World(6)
  world.now = stored.now
  const alice = awaken(world, "alice")
  alice.send(stored.group, "the first")
  const before = new Map(alice.store.all("states").map(({ key, value }) => [key, value]))
  alice.send(stored.group, "the second")
  const changed = alice.store.all("states").filter(({ key, value }) => before.get(key)?.join() !== value.join())
  expect(changed.map(({ key }) => key.replace(/^[0-9a-f]+\//, "").replace(/\d+$/, "N"))).toEqual(["application/N"])
  expect(changed[0]?.value.length).toBeLessThan(64)
})
