import { utf8 } from "@starling/kernel"
import { createCommit, exportSecret, join, readKeyPackage, receive, type MlsContext } from "@starling/mls"
import { nodeCrypto } from "@starling/mls/node"
import { Group, Identity, Provider } from "openmls-wasm"
import { expect, test } from "vitest"

import { expectKind } from "../story.ts"
import { seededRandom } from "../world.ts"
import { memberName, PRESENT, type Change } from "./member.ts"
import { MixedGroup } from "./mixed-group.ts"
import { findKeyPackages, findPairTrees, findSignatureKey } from "./openmls-memory.ts"
import { OpenMlsMember } from "./openmls-member.ts"
import { OurMember } from "./our-member.ts"

const RENEWAL: Change = { add: [], remove: [], handshakes: "private" }
const NOBODY = { joining: [], leaving: [] }

test("an OpenMLS member joins a group of ours, follows commits of every kind, adds one of its own, and all talk", async () => {
  const [alice, carol] = [new OurMember(memberName(1), 3), new OurMember(memberName(3), 3)]
  const [bob, dave] = [await OpenMlsMember.of(memberName(2)), await OpenMlsMember.of(memberName(4))]
  const group = await MixedGroup.foundedBy(alice, "ours for OpenMLS")
  const adding = { ...RENEWAL, add: [bob.keyPackage], path: true }
  await group.commit(alice, adding, { joining: [bob], leaving: [] })
  await group.talk(group.members, false)
  await group.commit(alice, RENEWAL, NOBODY)
  await group.commit(alice, { ...RENEWAL, add: [carol.keyPackage] }, { joining: [carol], leaving: [] })
  await group.commit(carol, RENEWAL, NOBODY)
  await group.talk(group.members, true)
  await group.commit(alice, { ...RENEWAL, remove: [carol.name] }, { joining: [], leaving: [carol], late: true })
  await group.talk(group.members, false)
  await group.commit(bob, { ...RENEWAL, add: [dave.keyPackage] }, { joining: [dave], leaving: [] })
  await group.talk(group.members, true)
  await group.commit(alice, { ...RENEWAL, remove: [bob.name] }, { joining: [], leaving: [bob], late: true })
  await group.talk(group.members, false)
  expect(group.withheld).toBe(2 * 2 + 3 * 2 + 2 * 2 * 2)
})

test("an OpenMLS member refuses what it can't follow: a public commit, and one of a proposal that another sent", async () => {
  const [alice, bob] = [new OurMember(memberName(1), 3), await OpenMlsMember.of(memberName(2))]
  const group = await MixedGroup.foundedBy(alice, "what OpenMLS can't follow")
  await group.commit(alice, { ...RENEWAL, add: [bob.keyPackage] }, { joining: [bob], leaving: [] })
  for (const message of await alice.propose({ ...RENEWAL, add: [new OurMember(memberName(3), 3).keyPackage] })) {
    await bob.receive(message)
  }
  const { messages } = await alice.commit({ ...RENEWAL, includePending: true })
  for (const message of messages) await expect(bob.receive(message)).rejects.toThrow("missing a proposal")
  const carol = await OpenMlsMember.of(memberName(4))
  const { welcome } = await alice.commit({ ...RENEWAL, add: [carol.keyPackage] })
  await carol.join(welcome ?? new Uint8Array(0))
  const open = await alice.commit({ ...RENEWAL, handshakes: "public" })
  for (const message of open.messages) await expect(carol.receive(message)).rejects.toThrow("wire format policy")
})

test("ours refuses a commit of a proposal that it has not seen", async () => {
  const [alice, bob] = [new OurMember(memberName(1), 3), await OpenMlsMember.of(memberName(2))]
  const group = await MixedGroup.foundedBy(alice, "unseen proposals")
  await group.commit(alice, { ...RENEWAL, add: [bob.keyPackage] }, { joining: [bob], leaving: [] })
  const { messages } = await bob.commit({ ...RENEWAL, add: [(await OpenMlsMember.of(memberName(3))).keyPackage] })
  const [proposal = new Uint8Array(0), commit = new Uint8Array(0)] = messages
  await expect(alice.receive(commit)).rejects.toThrow("unknown-proposal")
  expect(await alice.receive(proposal)).toEqual({ kind: "handshake" })
  expect(await alice.receive(commit)).toEqual({ kind: "handshake" })
})

test("ours joins a group of OpenMLS by its Welcome and the tree beside it", async () => {
  const random = seededRandom("OpenMLS for ours")
  const mls: MlsContext = { crypto: nodeCrypto(3), random, authenticate: () => undefined }
  const provider = new Provider()
  const alice = new Identity(provider, "alice of OpenMLS")
  const theirs = Group.create_new(provider, alice, "theirs")
  const us = new Identity(provider, "ours at OpenMLS")
  const { welcome } = theirs.propose_and_commit_add(provider, alice, us.key_package(provider))
  theirs.merge_pending_commit(provider)

  const [found] = await findKeyPackages("ours at OpenMLS")
  if (found === undefined) throw new Error("no key package in memory")
  const publicKey = found.keyPackage.leafNode.signatureKey
  const seed = await findSignatureKey(publicKey)
  const signatureKeys = mls.crypto.signature.deriveKeyPair(seed ?? new Uint8Array(32))
  expect(signatureKeys.publicKey).toEqual(publicKey)
  const read = readKeyPackage(mls, found.message, PRESENT)
  if (read.kind !== "ok") throw new Error(read.reason)
  const keyPackage = { ...found, reference: read.reference }

  const outcomes = (await findPairTrees()).map((ratchetTree) =>
    join(mls, { welcome, keyPackage, signatureKeys, ratchetTree }),
  )
  const joined = outcomes.find((outcome) => outcome.kind === "joined")
  if (joined?.kind !== "joined") throw new Error(JSON.stringify(outcomes))
  expect(join(mls, { welcome, keyPackage, signatureKeys })).toMatchObject({ reason: "no-ratchet-tree" })
  let { state } = joined
  expect(new Uint8Array(theirs.export_key(provider, "label", utf8("context"), 32))).toEqual(
    exportSecret(mls, state, "label", utf8("context"), 32),
  )
  const greeting = theirs.create_message(provider, alice, utf8("welcome"))
  const received = expectKind(receive(mls, state, greeting), "application")
  expect(received.data).toEqual(utf8("welcome"))
  const update = createCommit(mls, received.next, { proposals: [], wireFormat: "private", now: PRESENT })
  if (update.kind !== "ok") throw new Error(update.reason)
  theirs.process_message(provider, update.commit)
  state = update.next
  expect(new Uint8Array(theirs.export_key(provider, "label", utf8("context"), 32))).toEqual(
    exportSecret(mls, state, "label", utf8("context"), 32),
  )
})
