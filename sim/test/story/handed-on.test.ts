import { expect, test } from "vitest"

import { requested } from "@starling/messenger"
import { decodeAnswer, decodeSyncAnswer, encodeSyncRequest } from "@starling/messenger/parts"

import { expectTexts } from "../support/expectations.ts"
import { loseCiphertexts, restore } from "../support/mishaps.ts"
import { gather } from "../../src/gather.ts"
import type { Person } from "../../src/person.ts"

const TEXT = "said in a state that carol has forgotten the way to"

/** Carol's device goes back to before a commit of its own; what Alice said behind it can't be opened there any more. */
function restoredReader(seed: number) {
  const { world, people, group } = gather(seed, "bob", "alice", "carol")
  const [bob, alice, carol] = people as [Person, Person, Person]
  const backup = carol.store.copy()
  carol.heal(group)
  world.run(5_000)
  alice.send(group, TEXT)
  world.run(5_000)
  expectTexts(group, [TEXT], bob, carol)
  world.goOffline(carol)
  return { world, group, bob, alice, carol, backup }
}

test("what somebody said who is out by now is handed on to a device that was restored, by any member who received it", () => {
  const { world, group, bob, alice, carol, backup } = restoredReader(101)
  bob.remove(group, alice)
  world.run(5_000)
  world.goOffline(alice)
  restore(carol, backup)
  world.connect(bob, carol)
  world.run(90_000)
  expectTexts(group, [TEXT], carol)
  expect(carol.messages(group)).toMatchObject([{ from: alice.identity, mine: false }])
  expect(carol.detail(group).gaps).toEqual([])
  // And it can hand it on in turn.
  carol.restart()
  world.run(1_000)
  expectTexts(group, [TEXT], carol)
})

test("what is handed on travels under keys of the group: those of a device alone do not open it", () => {
  const { group, bob, alice, carol } = restoredReader(102)
  loseCiphertexts(bob, group, alice, 1)
  const known = bob.state.durable.groups.get(group)!
  const ask = (by: Person, version: 3 | 4 | 5) => {
    const nothing = { records: new Map(), messages: new Map(), untold: new Map(), past: new Map(), tip: known.chosen }
    const told = { seen: [], mailboxes: [], shown: [], named: [], unopened: new Map(), after: undefined }
    const payload = encodeSyncRequest({ version, group: known.id, inTurn: true, ...nothing, ...told })
    const answer = decodeAnswer(requested(bob.state, "sync", payload, by.peerId, bob.env()).answer)
    const body = answer.kind === "ok" ? answer.value.body : new Uint8Array(0)
    const decoded = decodeSyncAnswer(body)
    if (decoded.kind !== "ok") throw new Error("no answer")
    return { body, ...decoded.value }
  }
  const { body, handed } = ask(carol, 4)
  expect(handed).toMatchObject({ sid: known.live })
  expect(Buffer.from(body).includes(TEXT)).toBe(false)
  expect(ask(carol, 3).handed).toBeUndefined()
  // Nor do they open what their own device has said and forgotten; who speaks a version in which that was not sealed is not told.
  const own = ask(alice, 5)
  expect(own.handed).toMatchObject({ sid: known.live })
  for (const { body: told, forgotten } of [own, ask(alice, 4), ask(alice, 3)]) {
    expect(Buffer.from(told).includes(TEXT)).toBe(false)
    expect(forgotten).toEqual([])
  }
  expect(ask(alice, 4).handed).toBeUndefined()
})
