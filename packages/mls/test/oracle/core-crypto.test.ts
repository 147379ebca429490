import { utf8 } from "@starling/kernel"
import { decodeMlsMessage } from "@starling/mls/rfc9420"
import { expect, test } from "vitest"

import { CORE_CRYPTO, CoreCryptoMember } from "./core-crypto-member.ts"
import { memberName, type Change } from "./member.ts"
import { MixedGroup } from "./mixed-group.ts"
import { OUR_SUITES, OurMember, OURS } from "./our-member.ts"
import { TS_MLS } from "./ts-mls-member.ts"

const RENEWAL: Change = { add: [], remove: [], handshakes: "public" }

const FOUNDED = OUR_SUITES.flatMap((suite) => [
  { suite, first: OURS, second: CORE_CRYPTO, founder: "ours" },
  { suite, first: CORE_CRYPTO, second: OURS, founder: "core-crypto" },
])

test.for(FOUNDED)(
  "ours and core-crypto add, renew, propose and remove in a group of suite $suite that $founder founded",
  async ({ suite, first, second }) => {
    const [a, c, e] = [
      await first.make(memberName(1), suite),
      await first.make(memberName(3), suite),
      await first.make(memberName(5), suite),
    ]
    const [b, d] = [await second.make(memberName(2), suite), await second.make(memberName(4), suite)]
    const group = await MixedGroup.foundedBy(a, "a group of two engines")
    await group.commit(a, { ...RENEWAL, add: [b.keyPackage] }, { joining: [b], leaving: [] })
    await group.talk(group.members, false)
    await group.commit(b, { ...RENEWAL, add: [c.keyPackage] }, { joining: [c], leaving: [] })
    for (const member of [a, b, c]) await group.commit(member, RENEWAL, { joining: [], leaving: [] })
    await group.talk(group.members, true)

    const [proposer, committer] = first === OURS ? [a, b] : [b, a]
    await group.propose(proposer, { ...RENEWAL, add: [d.keyPackage], remove: [c.name] })
    const byReference = { ...RENEWAL, includePending: true }
    await group.commit(committer, byReference, { joining: [d], leaving: [c], late: true })
    await group.talk(group.members, true)
    await group.commit(b, { ...RENEWAL, add: [e.keyPackage] }, { joining: [e], leaving: [] })
    await group.commit(d, { ...RENEWAL, remove: [a.name] }, { joining: [], leaving: [a] })
    await group.talk(group.members, false)
    expect(group.withheld).toBeGreaterThan(10)
  },
)

test("core-crypto refuses a private commit by its policy", async () => {
  const [ours, theirs] = [await OURS.make(memberName(1), 1), await CORE_CRYPTO.make(memberName(2), 1)]
  await ours.found(utf8("private commits"))
  const { welcome } = await ours.commit({ ...RENEWAL, add: [theirs.keyPackage] })
  await theirs.join(welcome ?? new Uint8Array(0))
  const { messages } = await ours.commit({ ...RENEWAL, handshakes: "private" })
  for (const message of messages) await expect(theirs.receive(message)).rejects.toThrow("wire format policy")
})

test("core-crypto keeps a message of the next epoch and reads it with the commit, and fails over it where that removes it", async () => {
  const [ours, staying, leaving] = [
    await OURS.make(memberName(1), 1),
    await CORE_CRYPTO.make(memberName(2), 1),
    await CORE_CRYPTO.make(memberName(3), 1),
  ]
  await ours.found(utf8("early messages"))
  const { welcome } = await ours.commit({ ...RENEWAL, add: [staying.keyPackage, leaving.keyPackage] })
  for (const member of [staying, leaving]) await member.join(welcome ?? new Uint8Array(0))
  const { messages } = await ours.commit({ ...RENEWAL, remove: [leaving.name] })
  const early = await ours.protect(utf8("early"))
  for (const member of [staying, leaving]) await expect(member.receive(early)).rejects.toThrow("kept for a later epoch")
  for (const commit of messages) {
    expect(await staying.receive(commit)).toEqual({ kind: "handshake" })
    await expect(leaving.receive(commit)).rejects.toThrow("after being evicted")
  }
  await expect(staying.receive(early)).rejects.toThrow("DuplicateMessage")
  await expect(leaving.receive(early)).rejects.toThrow("kept for a later epoch")
})

test("core-crypto follows a member whose identity is no client id, and reads nothing of it", async () => {
  const [ours, theirs] = [await OURS.make("alice", 1), await CORE_CRYPTO.make(memberName(2), 1)]
  await ours.found(utf8("another identity"))
  const { welcome } = await ours.commit({ ...RENEWAL, add: [theirs.keyPackage] })
  await theirs.join(welcome ?? new Uint8Array(0))
  for (const message of (await ours.commit(RENEWAL)).messages) await theirs.receive(message)
  expect(await theirs.exportedSecret()).toEqual(await ours.exportedSecret())
  const message = await ours.protect(utf8("hello"))
  await expect(theirs.receive(message)).rejects.toThrow("client id was not of the format")
})

test.for([CORE_CRYPTO, TS_MLS])(
  "$name renews no path where a commit only adds, and one where it removes",
  async (engine) => {
    const founder = await engine.make(memberName(1), 1)
    const others = [await engine.make(memberName(2), 1), await OURS.make(memberName(3), 1)]
    await founder.found(utf8("paths"))
    const add = others.map(({ keyPackage }) => keyPackage)
    expect((await founder.commit({ ...RENEWAL, add })).messages.map(hasPath)).toEqual([false])
    const remove = others.slice(1).map(({ name }) => name)
    expect((await founder.commit({ ...RENEWAL, remove })).messages.map(hasPath)).toEqual([true])
  },
)

function hasPath(commit: Uint8Array): boolean {
  const decoded = decodeMlsMessage(commit)
  if (decoded.kind !== "ok" || decoded.value.kind !== "public-message") throw new Error("no public message")
  const { content } = decoded.value.message.framed
  if (content.kind !== "commit") throw new Error("no commit")
  return content.commit.path !== undefined
}

test.for(OUR_SUITES)(
  "core-crypto comes into a group of ours by a commit of its own, and ours into one of core-crypto (suite %s)",
  async (suite) => {
    const [ours, late] = [new OurMember(memberName(1), suite), new OurMember(memberName(3), suite)]
    const theirs = await CoreCryptoMember.of(memberName(2), suite)
    const members = [ours, theirs, late]
    await ours.found(utf8("from outside"))
    await ours.receive(await theirs.joinExternally(ours.groupInfo))
    expect(await theirs.exportedSecret()).toEqual(await ours.exportedSecret())
    const { messages } = await theirs.commit(RENEWAL)
    for (const message of messages) await ours.receive(message)
    const commit = late.joinExternally(theirs.groupInfo)
    for (const member of [ours, theirs]) expect(await member.receive(commit)).toEqual({ kind: "handshake" })
    for (const sender of members) {
      const message = await sender.protect(utf8(sender.name))
      for (const receiver of members) {
        if (receiver === sender) continue
        expect(await receiver.receive(message)).toEqual({ kind: "application", data: utf8(sender.name) })
      }
    }
  },
)
