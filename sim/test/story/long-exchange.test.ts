import { expect, test } from "vitest"

import { requested } from "@starling/messenger"
import {
  decodeAnswer,
  decodeSyncAnswer,
  encodeSealedMessage,
  encodeSyncRequest,
  decodeSealedMessage,
  headOf,
  sealEnvelope,
  type Group,
} from "@starling/messenger/parts"

import { nodeOf, whisper } from "../../src/forged-commit.ts"
import { gather } from "../../src/gather.ts"
import { Insider } from "../../src/insider.ts"
import { crypto } from "../../src/seeded.ts"
import type { Person } from "../../src/person.ts"

const COMMIT = 2

function groupIn(person: Person, group: string): Group {
  return person.state.durable.groups.get(group)!
}

test("a log that forked, of more than an answer holds, becomes the same set at everybody", () => {
  const { world, people, group } = gather(61, "alice", "mallory", "carol")
  const [alice, mallory, carol] = people as [Person, Person, Person]
  world.partition([alice], [carol])
  const insider = new Insider(world, mallory, group)
  const era = nodeOf(alice, group).era!
  const tell = (bytes: Uint8Array, ...to: Person[]): void =>
    whisper(mallory, group, sealEnvelope(crypto, era, "upd", bytes), ...to)
  for (let i = 0; i < 8; i++) {
    tell(insider.sign(COMMIT, new Uint8Array(100_000).fill(i)).encoded, alice, carol)
    world.run(5_000)
  }
  tell(insider.sign(COMMIT, Uint8Array.of(1), false).encoded, alice)
  tell(insider.sign(COMMIT, Uint8Array.of(2), false).encoded, carol)
  const logIn = (person: Person) => headOf(crypto, groupIn(person, group).logs, mallory.state.durable.own.device)
  expect(logIn(alice)?.length).toBe(logIn(carol)?.length)
  expect(logIn(alice)).not.toEqual(logIn(carol))
  world.connect(alice, carol)
  world.run(60_000)
  expect(logIn(alice)).toEqual(logIn(carol))
  const asked: number[] = []
  alice.overheard = (effect) => {
    if (effect.kind === "request" && effect.protocol === "sync") asked.push(world.now)
  }
  world.run(60_000)
  // No more than the periodic exchanges: there is an end to it.
  expect(asked.length).toBeLessThan(12)
})

test("behind more ranges than fit into a request, what is missing comes too", () => {
  const { world, people, group } = gather(62, "alice", "bob", "carol")
  const [alice, bob, carol] = people as [Person, Person, Person]
  const device = alice.state.durable.own.device
  world.partition([alice, carol], [bob])
  for (let seq = 1; seq <= 230; seq++) {
    alice.send(group, seq <= 200 && seq % 2 === 0 ? `${seq} ${"long ".repeat(1_600)}` : `${seq}`)
    if (seq % 20 === 0) world.run(1_000)
  }
  world.run(5_000)
  world.goOffline(alice)
  const rows = carol.store.list("messages", group)
  for (const { value } of rows) {
    const message = decodeSealedMessage(value)
    if (message.kind !== "ok" || message.value.device !== device) continue
    const { seq } = message.value
    const era = nodeOf(bob, group).era!
    if (seq % 2 === 0) whisper(alice, group, sealEnvelope(crypto, era, "msg", encodeSealedMessage(message.value)), bob)
    // Nobody who is there has what lies between most of these ranges.
    else if (seq > 20 && seq < 200)
      carol.store.commit([{ kind: "delete", bucket: "messages", partition: group, key: `${device}:${seq}` }])
  }
  expect(groupIn(bob, group).held.get(device)?.length).toBeGreaterThan(100)
  world.connect(bob, carol)
  world.run(60_000)
  const numbers = new Set(bob.texts(group).map((text) => Number.parseInt(text, 10)))
  const kept = Array.from({ length: 230 }, (_, i) => i + 1).filter((seq) => seq <= 20 || seq >= 200 || seq % 2 === 0)
  const missing = kept.filter((seq) => !numbers.has(seq))
  expect(missing).toEqual([])
})

test("a request that says to hold nothing costs its answerer a bounded number of look-ups, and is told where to go on", () => {
  const { people, group } = gather(63, "alice", "bob")
  const [alice, bob] = people as [Person, Person]
  const known = groupIn(bob, group)
  const held = new Map([["ab".repeat(32), [{ from: 1, to: 1_000_000 }]]])
  const groups = new Map(bob.state.durable.groups).set(group, { ...known, held })
  const state = { ...bob.state, durable: { ...bob.state.durable, groups } }
  let reads = 0
  const rows = {
    get: (bucket: string, partition: string, key: string) => {
      reads++
      return bob.store.get(bucket, partition, key)
    },
    list: () => [],
  }
  const ask = (version: 2 | 3, after?: { records: number; device: string; seq: number }) => {
    reads = 0
    const nothing = { records: new Map(), messages: new Map(), untold: new Map(), past: new Map(), tip: known.chosen }
    const told = { seen: [], mailboxes: [], shown: [], named: [], unopened: new Map() }
    const payload = encodeSyncRequest({ version, group: known.id, inTurn: true, ...nothing, ...told, after })
    const answer = decodeAnswer(requested(state, "sync", payload, alice.peerId, { ...bob.env(), rows }).answer)
    const decoded = decodeSyncAnswer(answer.kind === "ok" ? answer.value.body : new Uint8Array(0))
    if (decoded.kind !== "ok") throw new Error("no answer")
    return decoded.value
  }
  const first = ask(3)
  expect(reads).toBeLessThan(2_000)
  expect(first).toMatchObject({ more: true, next: { device: "ab".repeat(32) } })
  const second = ask(3, first.next)
  expect(reads).toBeLessThan(2_000)
  expect(second.next?.seq).toBeGreaterThan(first.next?.seq ?? Infinity)
  ask(2)
  expect(reads).toBeLessThan(20_000)
})
