import { expect, test } from "vitest"

import { toHex } from "@starling/kernel"
import { judge } from "@starling/messenger"
import { decodeRecord, encodeSealedMessage, sealEnvelope } from "@starling/messenger/parts"

import { expectOneState, expectTexts } from "../support/expectations.ts"
import { gather } from "../../src/gather.ts"
import { Insider } from "../../src/insider.ts"
import { crypto } from "../../src/seeded.ts"
import type { Person } from "../../src/person.ts"

/** Commits of a person's store: what each costs is a sync of the disk. */
function countCommits(person: Person): () => number {
  const { store } = person
  const commit = store.commit.bind(store)
  let count = 0
  store.commit = (writes) => {
    count++
    commit(writes)
  }
  return () => count
}

test(
  "a member who floods with messages is taken by gossip within a budget, and read whole",
  { timeout: 300_000 },
  () => {
    const { world, people, group } = gather(61, "alice", "bob", "mallory")
    const [alice, bob, mallory] = people as [Person, Person, Person]
    const commits = countCommits(bob)
    const flood = Array.from({ length: 800 }, (_, i) => `flood ${i}`)
    const honest: string[] = []
    for (const [i, text] of flood.entries()) {
      mallory.send(group, text)
      world.run(5)
      if (i % 100 !== 99) continue
      honest.push(`honest ${i}`)
      alice.send(group, `honest ${i}`)
      world.run(50)
      // However much else there is, it comes by gossip, at once.
      expect(bob.texts(group)).toContain(`honest ${i}`)
    }
    // 400 at once and 10 a second by gossip, each with a sync of the disk; exchanges bring many at a time.
    expect(commits()).toBeLessThan(700)
    world.run(30_000)
    expectTexts(group, [...flood, ...honest], alice, bob)
  },
)

test(
  "a member who floods with commits is taken by gossip within a budget, and decides no less",
  { timeout: 300_000 },
  () => {
    const { world, people, group } = gather(62, "alice", "bob", "mallory")
    const [alice, bob, mallory] = people as [Person, Person, Person]
    const commits = countCommits(bob)
    for (let i = 0; i < 200; i++) {
      mallory.heal(group)
      world.run(5)
    }
    expect(commits()).toBeLessThan(120)
    alice.send(group, "in between")
    world.run(30_000)
    expectOneState(group, alice, bob, mallory)
    expectTexts(group, ["in between"], alice, bob, mallory)
  },
)

test("rubbish under the era's key counts against who passes it on, and made up authors share one budget", () => {
  const { world, people, group } = gather(65, "alice", "bob", "mallory")
  const [alice, bob, mallory] = people as [Person, Person, Person]
  const { live, forest } = mallory.state.durable.groups.get(group)!
  const era = forest.get(live)!.era!
  const verdictOn = (kind: "upd" | "msg", payload: Uint8Array): string =>
    judge(bob.state, era.topic, sealEnvelope(crypto, era, kind, payload), bob.env())
  const junk = (n: number): Uint8Array<ArrayBuffer> => new Uint8Array(200).fill(n & 0xff)
  expect([verdictOn("upd", junk(1)), verdictOn("msg", junk(1))]).toEqual(["reject", "reject"])

  const insider = new Insider(world, mallory, group)
  const record = insider.sign(99, junk(2))
  const forged = decodeRecord(crypto, record.encoded.with(record.encoded.length - 1, (record.encoded.at(-1) ?? 0) ^ 1))
  if (forged.kind !== "ok") throw new Error("a record with a bad signature is one in shape")
  expect(verdictOn("upd", forged.value.encoded)).toBe("reject")
  expect(verdictOn("upd", record.encoded)).toBe("accept")

  for (let n = 0; n < 500; n++) {
    const made = { device: toHex(crypto.hash(junk(n))), seq: n + 1, sid: live, mls: junk(n) }
    bob.receiveGossip(era.topic, sealEnvelope(crypto, era, "msg", encodeSealedMessage(made)), mallory)
  }
  const another = encodeSealedMessage({ device: toHex(crypto.hash(junk(7))), seq: 9, sid: live, mls: junk(9) })
  expect(verdictOn("msg", another)).toBe("ignore")
  alice.send(group, "at once")
  world.run(500)
  expect(bob.texts(group)).toContain("at once")
})

test("nobody uses up the budget of somebody else", () => {
  const { world, people, group } = gather(63, "alice", "bob", "mallory")
  const [alice, bob] = people as [Person, Person, Person]
  let overheard: { topic: string; data: Uint8Array } | undefined
  alice.overheard = (effect) => {
    if (effect.kind === "publish") overheard = effect
  }
  alice.send(group, "said once")
  world.run(1_000)
  for (let i = 0; i < 1000; i++) bob.receiveGossip(overheard!.topic, new Uint8Array(overheard!.data), alice)
  expect(judge(bob.state, overheard!.topic, overheard!.data, bob.env())).toBe("accept")
})

test(
  "the states that a flood of commits leaves are bounded, and the flooder's own go first",
  { timeout: 300_000 },
  () => {
    const { world, people, group } = gather(64, "alice", "mallory")
    const [alice, mallory] = people as [Person, Person]
    alice.heal(group)
    world.run(1_000)
    for (let i = 0; i < 700; i++) {
      mallory.heal(group)
      if (i % 50 === 49) world.run(2_000)
    }
    world.run(60_000)
    expectOneState(group, alice, mallory)
    const held = [...alice.state.durable.groups.get(group)!.forest.values()].filter(
      ({ standing }) => standing.kind === "held",
    )
    expect(held.length).toBeLessThanOrEqual(513)
    expect(held.filter(({ author }) => author === alice.identity).length).toBeGreaterThan(1)
    alice.send(group, "still here")
    world.run(1_000)
    expectTexts(group, ["still here"], alice, mallory)
  },
)
