import { fromUtf8, utf8, type Bytes } from "@starling/kernel"
import {
  createCommit,
  createGroupInfo,
  joinExternally,
  members,
  protect,
  ratchetTreeOf,
  receive,
  requiredCapabilitiesExtension,
  resumptionPsk,
  type ExternalJoining,
  type GroupState,
  type JoinedExternally,
  type Member,
  type MlsContext,
} from "@starling/mls"
import { expect, test } from "vitest"

import { scene } from "./scene.ts"
import { expectKind, reportOf, Story } from "./story.ts"
import { client, NOW, world, type Client } from "./world.ts"

function invitation(mls: MlsContext, state: GroupState): Bytes {
  return createGroupInfo(mls, state, { externalPub: true })
}

function enter(mls: MlsContext, own: Client, joining: Omit<ExternalJoining, "credential" | "signatureKeys">) {
  const { credential, signatureKeys } = own
  const joined = joinExternally(mls, { credential, signatureKeys, ...joining })
  if (joined.kind !== "joined") throw new Error(`${joined.reason} (${joined.section})`)
  return joined
}

function named(name: string): (member: Member) => boolean {
  return ({ credential }) => credential.kind === "basic" && fromUtf8(credential.identity) === name
}

/** Everybody takes the commit and is in the joiner's epoch. */
function spread(story: Story, joined: JoinedExternally): void {
  expect(joined).toMatchObject({ isExternal: true, hasPath: true })
  for (const person of story.people.values()) {
    const received = expectKind(receive(story.mls, person.state, joined.commit), "commit")
    expect(received.next.epochAuthenticator).toEqual(joined.state.epochAuthenticator)
    expect(reportOf(received)).toEqual(reportOf(joined))
    person.state = received.next
  }
}

test.for([1, 2, 3, 4, 5, 8])("somebody joins a group of %i without anybody's help, and all talk", (size) => {
  const story = new Story(world(`external join ${size}`), "0")
  const names = Array.from({ length: size - 1 }, (_, i) => `${i + 1}`)
  if (names.length > 0) story.add("0", ...names)
  const erin = client(story.mls, "erin")
  const joined = enter(story.mls, erin, { groupInfo: invitation(story.mls, story.state("0")) })
  expect(joined.state.ownLeafIndex).toBe(size)
  expect(joined.committer).toEqual({
    leafIndex: size,
    credential: erin.credential,
    signatureKey: erin.signatureKeys.publicKey,
    extensions: [],
  })
  expect(joined.added).toEqual([joined.committer])
  expect(joined.updated).toEqual([])
  expect(joined.signer).toEqual(members(story.state("0"))[0])
  spread(story, joined)
  story.people.set("erin", { name: "erin", client: erin, state: joined.state })
  story.agree()
  story.send("erin", "I came by myself")
  story.send("0", "welcome")
  story.update("erin")
  story.add("erin", "frank")
  if (size > 1) story.remove("erin", "1")
  story.update("0")
})

test("a joiner takes the leftmost free leaf, with unmerged leaves and blanks about", () => {
  const story = new Story(world("a gap"), "a")
  story.add("a", "b", "c", "d", "e")
  story.update("c")
  story.remove("a", "b", "d")
  story.add("c", "f")
  const joined = enter(story.mls, client(story.mls, "g"), { groupInfo: invitation(story.mls, story.state("e")) })
  expect(joined.state.ownLeafIndex).toBe(3)
  spread(story, joined)
})

test("the tree goes beside the GroupInfo where it is not inside", () => {
  const { mls, alice, bob, erin } = scene("tree beside")
  const groupInfo = createGroupInfo(mls, alice, { externalPub: true, ratchetTree: false })
  const { credential, signatureKeys } = erin
  expect(joinExternally(mls, { credential, signatureKeys, groupInfo })).toMatchObject({ reason: "no-ratchet-tree" })
  const joined = enter(mls, erin, { groupInfo, ratchetTree: ratchetTreeOf(bob) })
  expect(receive(mls, bob, joined.commit).kind).toBe("commit")
})

test("who lost its state comes back in its own place, and its old self is out", () => {
  const story = new Story(world("resync"), "alice")
  story.add("alice", "bob", "carol")
  const bob = story.person("bob")
  const groupInfo = invitation(story.mls, story.state("carol"))
  const joined = enter(story.mls, bob.client, { groupInfo, replaces: named("bob") })
  expect(joined.removed).toEqual([members(bob.state)[1]])
  expect(joined.state.ownLeafIndex).toBe(1)
  expect(receive(story.mls, bob.state, joined.commit)).toMatchObject({
    kind: "self-removed",
    isExternal: true,
    committer: joined.committer,
  })
  story.people.delete("bob")
  spread(story, joined)
  story.people.set("bob", { ...bob, state: joined.state })
  story.agree()
  story.send("bob", "back again")
  expect(members(story.state("alice"))).toHaveLength(3)
})

test("the only member of a group replaces itself", () => {
  const story = new Story(world("alone"), "alice")
  const alice = story.person("alice")
  const joined = enter(story.mls, alice.client, {
    groupInfo: invitation(story.mls, alice.state),
    replaces: named("alice"),
  })
  expect(members(joined.state)).toEqual([joined.committer])
  expect(receive(story.mls, alice.state, joined.commit).kind).toBe("self-removed")
})

test("RFC 9420, 12.2: whose place a joiner may take is for the authentication service to say", () => {
  const { mls, alice, bob, erin } = scene("usurper")
  const joined = enter(mls, erin, { groupInfo: invitation(mls, alice), replaces: named("carol") })
  const asked: (string | undefined)[] = []
  const judge: MlsContext = {
    ...mls,
    authenticate: (credential, _, previous) => {
      const text = (of: typeof previous) => (of?.kind === "basic" ? fromUtf8(of.identity) : undefined)
      asked.push(text(credential), text(previous))
      return previous === undefined || text(credential) === text(previous) ? undefined : "another identity"
    },
  }
  expect(receive(judge, bob, joined.commit)).toMatchObject({
    reason: "credential-rejected",
    section: "RFC 9420, 5.3.1",
  })
  expect(asked).toEqual(["erin", "carol"])
  expect(expectKind(receive(mls, bob, joined.commit), "commit").removed).toEqual([members(bob)[2]])
})

test("a joiner proves by a pre-shared key that it was there before", () => {
  const { mls, alice, bob, erin } = scene("psk")
  const psk = { kind: "resumption", usage: "application", groupId: alice.groupId, epoch: alice.epoch } as const
  const external = { kind: "external", id: utf8("a password") } as const
  const psks = (reference: { readonly kind: string }) =>
    reference.kind === "external" ? utf8("open sesame") : resumptionPsk(bob)
  const joined = enter(mls, erin, {
    groupInfo: invitation(mls, alice),
    presharedKeys: [psk, external],
    psks,
    authenticatedData: utf8("cited"),
  })
  const received = expectKind(receive(mls, bob, joined.commit, { psks }), "commit")
  expect(received.next.epochAuthenticator).toEqual(joined.state.epochAuthenticator)
  expect(received.authenticatedData).toEqual(utf8("cited"))
  expect(receive(mls, bob, joined.commit)).toMatchObject({ reason: "unknown-psk" })
  expect(receive(mls, bob, joined.commit, { psks: () => utf8("another") })).toMatchObject({
    reason: "bad-confirmation-tag",
  })
  const { credential, signatureKeys } = erin
  const groupInfo = invitation(mls, alice)
  expect(joinExternally(mls, { credential, signatureKeys, groupInfo, presharedKeys: [external] })).toMatchObject({
    reason: "unknown-psk",
  })
})

test("a GroupInfo is good for one epoch: a commit on an older one is refused", () => {
  const story = new Story(world("stale"), "alice")
  story.add("alice", "bob")
  const groupInfo = invitation(story.mls, story.state("alice"))
  story.update("bob")
  const joined = enter(story.mls, client(story.mls, "erin"), { groupInfo })
  expect(receive(story.mls, story.state("alice"), joined.commit)).toMatchObject({ reason: "wrong-epoch" })
})

test("two joins in one epoch are siblings, each good by itself", () => {
  const story = new Story(world("two joins"), "alice")
  story.add("alice", "bob")
  const groupInfo = invitation(story.mls, story.state("alice"))
  const joins = ["erin", "frank"].map((name) => enter(story.mls, client(story.mls, name), { groupInfo }))
  for (const { commit, state } of joins) {
    const child = expectKind(receive(story.mls, story.state("bob"), commit), "commit").next
    expect(child.epochAuthenticator).toEqual(state.epochAuthenticator)
    const sent = protect(story.mls, state, utf8("hello"))
    expect(receive(story.mls, child, sent.message).kind).toBe("application")
  }
})

test("a commit brings the GroupInfo of its epoch along if asked", () => {
  const { mls, alice, bob, erin } = scene("along")
  const made = createCommit(mls, alice, { proposals: [], groupInfo: { externalPub: true }, now: NOW })
  if (made.kind !== "ok" || made.groupInfo === undefined) throw new Error("no GroupInfo")
  const joined = enter(mls, erin, { groupInfo: made.groupInfo })
  const after = expectKind(receive(mls, bob, made.commit), "commit").next
  expect(receive(mls, after, joined.commit).kind).toBe("commit")
  expect(createCommit(mls, alice, { proposals: [], now: NOW })).toMatchObject({ groupInfo: undefined })
})

test("the same source of randomness gives the same external commit", () => {
  const run = () => {
    const { mls, alice, erin } = scene("replayed")
    return enter(mls, erin, { groupInfo: invitation(mls, alice) }).commit
  }
  expect(run()).toEqual(run())
})

test("a group that requires something is joined by whoever has it", () => {
  const { mls, alice, bob, erin } = scene("required")
  const extension = requiredCapabilitiesExtension({ extensions: [], proposals: [], credentials: [1] })
  const proposals = [{ kind: "group-context-extensions", extensions: [extension] }] as const
  const made = createCommit(mls, alice, { proposals, now: NOW })
  if (made.kind !== "ok") throw new Error(made.reason)
  const after = expectKind(receive(mls, bob, made.commit), "commit").next
  const joined = enter(mls, erin, { groupInfo: invitation(mls, made.next) })
  expect(joined.state.extensions).toEqual([extension])
  expect(receive(mls, after, joined.commit).kind).toBe("commit")
})
