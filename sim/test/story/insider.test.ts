import { expect, test } from "vitest"

import { fromHex, toHex, type Bytes } from "@starling/kernel"
import { gossip, requested } from "@starling/messenger"
import {
  commitAuthenticatedData,
  decodeAnswer,
  decodeKeyPackageAnswer,
  decodeSealedMessage,
  encodeCommitRecord,
  encodeKeyPackageRequest,
  encodeSealedMessage,
  sealEnvelope,
  signRecord,
  type ForestNode,
} from "@starling/messenger/parts"
import { createCommit, readKeyPackage } from "@starling/mls"

import { expectOneState, expectTexts } from "../support/expectations.ts"
import { standingOf } from "../../src/forged-commit.ts"
import { gather } from "../../src/gather.ts"
import { crypto } from "../../src/seeded.ts"
import type { Person } from "../../src/person.ts"

/** What a member can reach who has taken the program apart. */
function insides(person: Person, group: string): { node: ForestNode; records: number; lastHash: string } {
  const held = person.state.durable.groups.get(group)!
  const log = held.logs.get(person.state.durable.own.device) ?? []
  return { node: held.forest.get(held.live)!, records: log.length, lastHash: log.at(-1)?.hash ?? "00".repeat(32) }
}

function hear(person: Person, topic: string, data: Bytes, from: Person): void {
  person.input((state, env) => gossip(state, topic, data, from.peerId, env))
}

test("a member who puts another header on somebody's message is not believed, and the message still arrives", () => {
  const { world, people, group } = gather(40, "alice", "mallory", "carol")
  const [alice, mallory, carol] = people as [Person, Person, Person]
  world.partition([alice, mallory], [carol])
  alice.send(group, "as it was")
  world.run(500)
  const [row] = mallory.store.list("messages", group)
  const original = decodeSealedMessage(row!.value)
  if (original.kind !== "ok") throw new Error("not a message")
  const era = mallory.state.durable.groups.get(group)!.forest.get(original.value.sid)!.era!
  const { device } = mallory.state.durable.own
  for (const forged of [
    { ...original.value, seq: 7 },
    { ...original.value, device },
  ]) {
    const before = carol.state.durable
    hear(carol, era.topic, sealEnvelope(crypto, era, "msg", encodeSealedMessage(forged)), mallory)
    expect(carol.state.durable).toBe(before)
  }
  world.meetAll()
  world.run(20_000)
  expectTexts(group, ["as it was"], ...people)
})

test("a member's commit that adds somebody without an operation to cite is followed by nobody", () => {
  const { world, people, group } = gather(41, "alice", "bob", "mallory")
  const [alice, bob, mallory] = people as [Person, Person, Person]
  const eve = world.person("eve")
  const { own } = mallory.state.durable
  const asked = requested(
    eve.state,
    "key-package",
    encodeKeyPackageRequest({ clock: world.now, suite: 1 }),
    own.peerId,
    eve.env(),
  )
  const answer = decodeAnswer(asked.answer)
  const frame = decodeKeyPackageAnswer(answer.kind === "ok" ? answer.value.body : new Uint8Array(0))
  if (frame.kind !== "ok") throw new Error("no key package")
  const env = mallory.env()
  const now = BigInt(Math.floor(env.now / 1000))
  const keyPackage = readKeyPackage(env.mls, frame.value.keyPackage, now)
  const { node, records, lastHash } = insides(mallory, group)
  if (keyPackage.kind !== "ok" || node.standing.kind !== "held") throw new Error("nothing to work with")
  const created = createCommit(env.mls, node.standing.state, {
    proposals: [{ kind: "add", keyPackage: keyPackage.keyPackage }],
    authenticatedData: commitAuthenticatedData(node.sid, []),
    now,
    path: true,
  })
  if (created.kind !== "ok") throw new Error(created.reason)
  const sid = toHex(created.next.confirmedTranscriptHash)
  const before = node.standing.state.interimTranscriptHash
  const head = { parent: node.sid, sid, epoch: node.epoch + 1, at: env.now }
  const commit = { ...head, before, ops: [], mls: created.commit }
  const record = signRecord(crypto, own.signatureKeys.privateKey, {
    group: fromHex(group.replaceAll("-", ""))!,
    device: own.certificate.signatureKey,
    seq: records + 1,
    prev: fromHex(lastHash)!,
    kind: 2,
    body: encodeCommitRecord(commit),
  })
  const era = node.era!
  hear(alice, era.topic, sealEnvelope(crypto, era, "upd", record.encoded), mallory)
  hear(bob, era.topic, sealEnvelope(crypto, era, "upd", record.encoded), mallory)
  world.run(20_000)
  for (const person of [alice, bob]) expect(standingOf(person, group, sid), person.name).toBeUndefined()
  expect(alice.memberNames(group)).toEqual(["alice", "bob", "mallory"])
  alice.heal(group)
  world.run(15_000)
  expectOneState(group, alice, bob)
})

test("a member's record of more than an answer holds keeps back nothing that stands behind it", () => {
  const { world, people, group } = gather(43, "alice", "mallory", "carol")
  const [alice, mallory, carol] = people as [Person, Person, Person]
  world.partition([alice, mallory], [carol])
  const { own } = mallory.state.durable
  const { node, records, lastHash } = insides(mallory, group)
  const large = signRecord(crypto, own.signatureKeys.privateKey, {
    group: fromHex(group.replaceAll("-", ""))!,
    device: own.certificate.signatureKey,
    seq: records + 1,
    prev: fromHex(lastHash)!,
    kind: 2,
    body: new Uint8Array(1_200_000),
  })
  hear(alice, node.era!.topic, sealEnvelope(crypto, node.era!, "upd", large.encoded), mallory)
  alice.heal(group)
  alice.send(group, "behind it")
  world.run(1_000)
  world.partition([alice, carol], [mallory])
  world.run(20_000)
  expectOneState(group, alice, carol)
  expectTexts(group, ["behind it"], alice, carol)
})
