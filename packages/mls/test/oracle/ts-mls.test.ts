import { utf8, type Bytes } from "@starling/kernel"
import { readKeyPackage } from "@starling/mls"
import { nodeCrypto } from "@starling/mls/node"
import { decodeMlsMessage, signLeafNode } from "@starling/mls/rfc9420"
import * as everything from "ts-mls"
import { expect, test } from "vitest"

import { memberName, PRESENT, type Change, type OracleMember } from "./member.ts"
import { MixedGroup } from "./mixed-group.ts"
import { OurMember } from "./our-member.ts"
import { TS_MLS, TsMlsMember } from "./ts-mls-member.ts"
import { tsMlsRefusesWelcome } from "./ts-mls-welcome.ts"
import { world } from "../world.ts"

const RENEWAL: Change = { add: [], remove: [], handshakes: "public" }
const PAIR = "a pair"
const NOBODY = { joining: [], leaving: [] }

test("a group of ours takes ts-mls members in, and all commit and talk", async () => {
  const [alice, carol] = [ours(1), ours(3)]
  const [bob, dave] = [await TsMlsMember.of(memberName(2), 1), await TsMlsMember.of(memberName(4), 1)]
  const group = await MixedGroup.foundedBy(alice, "ours")
  await add(group, alice, bob)
  await group.talk(group.members, false)
  await add(group, bob, carol)
  await add(group, carol, dave, { path: true })
  await group.talk(group.members, true)
  for (const handshakes of ["public", "private"] as const) {
    for (const by of [alice, dave, carol, bob]) await group.commit(by, { ...RENEWAL, handshakes }, NOBODY)
    await group.talk(group.members, false)
  }
})

test("a group of ts-mls takes ours in, and each removes one of the other", async () => {
  const founder = await TsMlsMember.of(memberName(1), 1)
  const [alice, bob] = [ours(2), ours(3)]
  const dave = await TsMlsMember.of(memberName(4), 1)
  const group = await MixedGroup.foundedBy(founder, "theirs")
  await add(group, founder, alice)
  await add(group, founder, bob)
  await add(group, founder, dave, { handshakes: "private" })
  await group.talk(group.members, false)
  await group.commit(bob, { ...RENEWAL, remove: [dave.name] }, { joining: [], leaving: [dave] })
  await group.talk(group.members, false)
  const late = { joining: [], leaving: [alice], late: true }
  await group.commit(founder, { ...RENEWAL, remove: [alice.name] }, late)
  await group.talk(group.members, false)
  expect(group.withheld).toBe(3 * 2 + 2 * 2 * 2)
})

test("ts-mls 1.6.4 refuses a valid Welcome where a parent lists fewer unmerged leaves than one below it", async () => {
  const [alice, first, second, third, fourth] = [1, 2, 3, 4, 5].map(ours)
  if (!alice || !first || !second || !third || !fourth) throw new Error("too few")
  const group = await MixedGroup.foundedBy(alice, "unmerged leaves")
  for (const member of [first, second, third, fourth]) await add(group, alice, member)
  for (const by of group.members) await group.commit(by, RENEWAL, NOBODY)
  await group.commit(alice, { ...RENEWAL, remove: [third.name] }, { joining: [], leaving: [third] })
  await add(group, alice, ours(6))
  expect(tsMlsRefusesWelcome(alice.tree)).toBe(false)
  await group.commit(fourth, RENEWAL, NOBODY)
  const theirs = await TsMlsMember.of(memberName(7), 1)
  const last = ours(8)
  const both = { ...RENEWAL, add: [last.keyPackage, theirs.keyPackage] }
  const { welcome } = await group.commit(alice, both, { joining: [last], leaving: [] })
  expect(tsMlsRefusesWelcome(alice.tree)).toBe(true)
  await expect(theirs.join(welcome ?? new Uint8Array(0))).rejects.toThrow("unmerged")
})

test("ts-mls 1.6.4 commits GroupContextExtensions without a path, which ours refuses", async () => {
  const { alice, bob } = await pair()
  const groupContextExtensions = { extensions: [] }
  const proposal = { proposalType: "group_context_extensions", groupContextExtensions } as const
  const { messages } = await bob.commitProposals([proposal], "public")
  for (const message of messages) await expect(alice.receive(message)).rejects.toThrow("path-required")
})

test("ts-mls 1.6.4 can't keep the key of an Update that it proposes, and is lost with the commit of it", async () => {
  const { alice, bob } = await pair()
  expect(everything).not.toHaveProperty("createUpdateProposal")
  await alice.receive(await proposeUpdate(bob))
  const carol = ours(3)
  const { messages } = await alice.commit({ ...RENEWAL, includePending: true, add: [carol.keyPackage] })
  for (const message of messages) await expect(bob.receive(message)).rejects.toThrow()
})

test("ts-mls 1.6.4 does not see that it was removed where the commit gives its leaf to somebody else", async () => {
  const { alice, bob } = await pair()
  const swap = { ...RENEWAL, remove: [bob.name], add: [ours(3).keyPackage] }
  for (const message of (await alice.commit(swap)).messages) {
    await expect(bob.receive(message)).rejects.toThrow("should never occur")
  }
})

function ours(n: number): OurMember {
  return new OurMember(memberName(n), 1)
}

async function add(group: MixedGroup, by: OracleMember, joining: OracleMember, options: Partial<Change> = {}) {
  const change = { ...RENEWAL, add: [joining.keyPackage], ...options }
  return await group.commit(by, change, { joining: [joining], leaving: [] })
}

/** Alice of ours, and Bob of theirs, who talks with her. */
async function pair(): Promise<{ readonly alice: OurMember; readonly bob: TsMlsMember }> {
  const alice = ours(1)
  const bob = await TsMlsMember.of(memberName(2), 1)
  const group = await MixedGroup.foundedBy(alice, PAIR)
  await add(group, alice, bob)
  await group.talk(group.members, false)
  return { alice, bob }
}

/** Signed by ours in its name: there is nothing in ts-mls to make such a leaf with. */
async function proposeUpdate(member: TsMlsMember): Promise<Bytes> {
  const crypto = nodeCrypto(1)
  const decoded = decodeMlsMessage(member.keyPackage)
  if (decoded.kind !== "ok" || decoded.value.kind !== "key-package") throw new Error("no KeyPackage")
  const { leafNode } = decoded.value.keyPackage
  const encryptionKey = crypto.kem.deriveKeyPair(utf8("32 bytes that nobody else will use")).publicKey
  const leaf = { ...leafNode, encryptionKey, source: { kind: "update" } } as const
  const position = { groupId: utf8(PAIR), leafIndex: member.leafIndexOf(member.name) }
  const { signature } = signLeafNode(crypto, member.signatureSeed, leaf, position)
  return await member.proposeUpdate(encryptionKey, signature)
}

test("ts-mls 1.6.4 gives ECDSA keys as compressed points, where RFC 9420, 5.1.1 has them uncompressed", async () => {
  const { keyPackage } = await TS_MLS.make(memberName(1), 2)
  const decoded = decodeMlsMessage(keyPackage)
  if (decoded.kind !== "ok" || decoded.value.kind !== "key-package") throw new TypeError("no KeyPackage")
  expect(decoded.value.keyPackage.leafNode.signatureKey).toHaveLength(33)
  expect(readKeyPackage(world("compressed", 2), keyPackage, PRESENT)).toMatchObject({ reason: "bad-signature" })
})
