import { utf8, type Bytes } from "@starling/kernel"
import {
  createCommit,
  decodeState,
  encodeState,
  generateSignatureKeyPair,
  members,
  propose,
  proposeToJoin,
  protect,
  receive,
  requiredCapabilitiesExtension,
  resumptionPsk,
  type CreatedCommit,
  type GroupState,
  type MlsContext,
  type NewCommit,
  type OwnProposal,
  type Proposed,
  type PskSource,
} from "@starling/mls"
import { leafAt } from "@starling/mls/rfc9420"
import { expect, test } from "vitest"

import { forgeKeyPackage, forgeLeaf, propose as forge } from "./forgery.ts"
import { encryptionKeyOf, scene, type Scene } from "./scene.ts"
import { expectKind, reportOf, Story } from "./story.ts"
import { NOW, world } from "./world.ts"

const KEY = utf8("a key that all know")

function proposed(
  mls: MlsContext,
  state: GroupState,
  intent: OwnProposal,
  wireFormat?: "public" | "private",
): Proposed {
  const made = propose(mls, state, intent, { now: NOW, ...(wireFormat && { wireFormat }) })
  if (made.kind !== "ok") throw new Error(`${made.reason} (${made.section})`)
  return made
}

function committed(mls: MlsContext, state: GroupState, options: Partial<NewCommit>): CreatedCommit {
  const made = createCommit(mls, state, { proposals: [], now: NOW, ...options })
  if (made.kind !== "ok") throw new Error(`${made.reason} (${made.section})`)
  return made
}

function heard(mls: MlsContext, state: GroupState, ...messages: readonly Bytes[]): GroupState {
  return messages.reduce((now, message) => expectKind(receive(mls, now, message), "proposal").next, state)
}

const INTENTS: { name: string; intent: (scene: Scene) => OwnProposal }[] = [
  { name: "an Add", intent: ({ erin }) => ({ kind: "add", keyPackage: erin.keyPackage.keyPackage }) },
  { name: "an Update", intent: () => ({ kind: "update" }) },
  { name: "a Remove", intent: () => ({ kind: "remove", leafIndex: 3 }) },
  { name: "an external PSK", intent: () => ({ kind: "psk", psk: { kind: "external", id: utf8("id") } }) },
  {
    name: "a resumption PSK",
    intent: ({ alice: { groupId, epoch } }) => ({
      kind: "psk",
      psk: { kind: "resumption", usage: "application", groupId, epoch },
    }),
  },
  { name: "a ReInit", intent: () => ({ kind: "reinit", groupId: utf8("anew"), ciphersuite: 3 }) },
  {
    name: "new extensions",
    intent: () => ({
      kind: "group-context-extensions",
      extensions: [requiredCapabilitiesExtension({ extensions: [], proposals: [], credentials: [1] })],
    }),
  },
]

test.for(INTENTS.flatMap((each) => (["public", "private"] as const).map((wireFormat) => ({ ...each, wireFormat }))))(
  "$name that a member proposes in a $wireFormat message takes effect when another commits it",
  ({ name, intent, wireFormat }, { expect: see }) => {
    const stage = scene(`${name} ${wireFormat}`)
    const { mls, alice, bob, carol } = stage
    const made = proposed(mls, carol.state, intent(stage), wireFormat)
    const received = expectKind(receive(mls, alice, made.message), "proposal")
    see(received.reference).toEqual(made.reference)
    see(received.sender).toEqual({ kind: "member", ...members(alice)[2] })
    const psks: PskSource = ({ kind }) => (kind === "external" ? KEY : resumptionPsk(alice))
    const commit = committed(mls, received.next, { includePending: true, psks })
    see(commit.leftOut).toEqual([])
    const next = [heard(mls, bob, made.message), made.next].map((state) => {
      const received = expectKind(receive(mls, state, commit.commit, { psks }), "commit")
      see(reportOf(received)).toEqual(reportOf(commit))
      see(received.next.epochAuthenticator).toEqual(commit.next.epochAuthenticator)
      return received.next
    })
    see(next.map(({ proposals }) => proposals)).toEqual([[], []])
    see(receive(mls, bob, commit.commit, { psks })).toMatchObject({ reason: "unknown-proposal" })
  },
)

test("an Update renews key, credential, extensions and signature key once somebody else commits it", () => {
  const { mls, alice, bob, carol } = scene("own update")
  const signatureKeys = generateSignatureKeyPair(mls)
  const credential = { kind: "basic", identity: utf8("carol, renamed") } as const
  const capabilities = { ...carol.client.keyPackage.keyPackage.leafNode.capabilities, extensions: [0xf000] }
  const extensions = [{ type: 0xf000, data: utf8("new") }]
  const leaf = { signatureKeys, credential, capabilities, extensions }
  const made = proposed(mls, carol.state, { kind: "update", leaf })
  const commit = committed(mls, heard(mls, alice, made.message), { includePending: true })
  const received = expectKind(receive(mls, made.next, commit.commit), "commit")
  const { next } = received
  expect(next.signatureKeys).toEqual(signatureKeys)
  expect(commit.updated[0]).toEqual({ leafIndex: 2, credential, signatureKey: signatureKeys.publicKey, extensions })
  expect(encryptionKeyOf(next)).not.toEqual(encryptionKeyOf(carol.state))
  const afterwards = expectKind(receive(mls, heard(mls, bob, made.message), commit.commit), "commit").next
  const sent = protect(mls, next, utf8("by my new name"))
  expect(expectKind(receive(mls, afterwards, sent.message), "application").sender).toEqual(commit.updated[0])
  const path = committed(mls, afterwards, {})
  expect(expectKind(receive(mls, next, path.commit), "commit").next.epochAuthenticator).toEqual(
    path.next.epochAuthenticator,
  )
})

test("an Update that is pending survives storage with its keys, and is gone where it was not committed", () => {
  const { mls, alice, carol } = scene("stored update")
  const signatureKeys = generateSignatureKeyPair(mls)
  const made = proposed(mls, carol.state, { kind: "update", leaf: { signatureKeys } })
  const restored = decodeState(encodeState(made.next))
  if (restored.kind !== "ok") throw new Error(restored.why)
  expect(restored.value).toEqual(made.next)
  const commit = committed(mls, heard(mls, alice, made.message), { includePending: true })
  expect(expectKind(receive(mls, restored.value, commit.commit), "commit").next.signatureKeys).toEqual(signatureKeys)
  const other = committed(mls, alice, {})
  const kept = expectKind(receive(mls, restored.value, other.commit), "commit").next
  expect(kept.signatureKeys).toEqual(carol.state.signatureKeys)
  expect(kept.proposals).toEqual([])
})

test("RFC 9420, 12.2: who commits what is pending leaves its own Update out, and says so", () => {
  const { mls, alice, bob, carol } = scene("left out")
  const own = proposed(mls, alice, { kind: "update" })
  const others = proposed(mls, carol.state, { kind: "remove", leafIndex: 3 })
  const commit = committed(mls, heard(mls, own.next, others.message), { includePending: true })
  expect(commit.leftOut).toEqual([{ reference: own.reference, reason: "update-by-committer" }])
  expect(commit.removed.map(({ leafIndex }) => leafIndex)).toEqual([3])
  expect(receive(mls, heard(mls, bob, own.message, others.message), commit.commit).kind).toBe("commit")
  expect(createCommit(mls, own.next, { proposals: [], references: [own.reference], now: NOW })).toMatchObject({
    reason: "update-by-committer",
    section: "RFC 9420, 12.2",
  })
})

test("RFC 9420, 12.2: a Remove is preferred to Updates, and the last Update to those before it", () => {
  const { mls, alice, bob, carol } = scene("preferred")
  const first = proposed(mls, carol.state, { kind: "update" })
  const second = proposed(mls, first.next, { kind: "update" })
  const informed = heard(mls, alice, first.message, second.message)
  expect(committed(mls, informed, { includePending: true }).leftOut).toEqual([
    { reference: first.reference, reason: "two-proposals-for-one-leaf" },
  ])
  const removal = proposed(mls, bob, { kind: "remove", leafIndex: 2 })
  const commit = committed(mls, heard(mls, informed, removal.message), { includePending: true })
  expect(commit.leftOut.map(({ reference }) => reference)).toEqual([first.reference, second.reference])
  expect(commit.removed.map(({ leafIndex }) => leafIndex)).toEqual([2])
  const byValue = committed(mls, informed, { includePending: true, proposals: [{ kind: "remove", leafIndex: 2 }] })
  expect(byValue.leftOut).toHaveLength(2)
})

test("RFC 9420, 12.2: a ReInit yields to all other proposals, and is committed once it is alone", () => {
  const { mls, alice, carol } = scene("reinit yields")
  const reinit = proposed(mls, carol.state, { kind: "reinit", groupId: utf8("anew"), ciphersuite: 1 })
  const again = proposed(mls, reinit.next, { kind: "reinit", groupId: utf8("again"), ciphersuite: 1 })
  const update = proposed(mls, again.next, { kind: "update" })
  const two = heard(mls, alice, reinit.message, again.message)
  const left = (state: GroupState) =>
    committed(mls, state, { includePending: true }).leftOut.map((each) => each.reference)
  expect(left(two)).toEqual([again.reference])
  expect(left(heard(mls, two, update.message))).toEqual([reinit.reference, again.reference])
  expect(committed(mls, two, { includePending: true }).next.reinit?.groupId).toEqual(utf8("anew"))
})

test("what a member proposes amiss does not keep the others from committing", () => {
  const stage = scene("sabotage")
  const { mls, alice, bob, carol, erin } = stage
  const source = { kind: "update" } as const
  const elsewhere = { groupId: carol.state.groupId, leafIndex: 3 }
  const { keyPackage } = erin.keyPackage
  const amiss = [
    forge(mls, carol.state, { kind: "update", leafNode: forgeLeaf(mls.crypto, carol.client, { source }, elsewhere) }),
    forge(mls, carol.state, { kind: "remove", leafIndex: 6 }),
    forge(mls, carol.state, { kind: "add", keyPackage: forgeKeyPackage(mls.crypto, erin, {}, new Uint8Array(32)) }),
    forge(mls, carol.state, { kind: "add", keyPackage: carol.client.keyPackage.keyPackage }),
    forge(mls, carol.state, { kind: "group-context-extensions", extensions: [{ type: 0xf000, data: utf8("") }] }),
    forge(mls, carol.state, { kind: "psk", id: { kind: "external", id: utf8("unknown"), nonce: new Uint8Array(32) } }),
    forge(mls, carol.state, { kind: "psk", id: { kind: "external", id: utf8("short"), nonce: utf8("nonce") } }),
    forge(mls, carol.state, { kind: "external-init", kemOutput: utf8("") }),
    forge(mls, carol.state, { kind: "reinit", groupId: utf8("old"), version: 0, ciphersuite: 1, extensions: [] }),
  ]
  const good = proposed(mls, bob, { kind: "add", keyPackage })
  const commit = committed(mls, heard(mls, alice, ...amiss, good.message), { includePending: true })
  const reasons = commit.leftOut.map(({ reason }) => reason).toSorted()
  expect(reasons).toEqual([
    "bad-signature",
    "duplicate-signature-key",
    "extension-not-supported",
    "external-init-in-member-commit",
    "invalid-psk",
    "invalid-public-key",
    "no-such-member",
    "reinit-with-others",
    "unknown-psk",
  ])
  expect(commit.added.map(({ credential }) => credential)).toEqual([erin.credential])
  expect(receive(mls, heard(mls, good.next, ...amiss), commit.commit).kind).toBe("commit")
})

test("a commit refers to the proposals that it is told to, and to none that it does not know", () => {
  const { mls, alice, bob, carol, erin } = scene("subset")
  const one = proposed(mls, carol.state, { kind: "add", keyPackage: erin.keyPackage.keyPackage })
  const two = proposed(mls, one.next, { kind: "remove", leafIndex: 3 })
  const state = heard(mls, alice, one.message, two.message)
  const commit = committed(mls, state, { references: [two.reference] })
  expect(commit.added).toEqual([])
  expect(commit.removed).toHaveLength(1)
  expect(receive(mls, heard(mls, bob, two.message), commit.commit).kind).toBe("commit")
  expect(() => createCommit(mls, alice, { proposals: [], references: [two.reference], now: NOW })).toThrow(RangeError)
})

test("a proposal that comes twice is kept once", () => {
  const { mls, alice, carol } = scene("twice")
  const { message } = proposed(mls, carol.state, { kind: "update" })
  const state = heard(mls, alice, message, message)
  expect(state.proposals).toHaveLength(1)
  expect(committed(mls, state, { includePending: true }).leftOut).toEqual([])
})

test("proposals are kept up to a bound, and those from outside leave room for members", () => {
  const { mls, alice, carol, erin } = scene("bound")
  const { message } = proposed(mls, carol.state, { kind: "update" })
  const [pending] = heard(mls, alice, message).proposals
  if (pending === undefined) throw new Error("nothing pending")
  const reference = (i: number) => Uint8Array.of(i >> 8, i)
  const full = {
    ...alice,
    proposals: Array.from({ length: 4096 }, (_, i) => ({ ...pending, reference: reference(i) })),
  }
  expect(receive(mls, full, message)).toMatchObject({ reason: "too-many-proposals" })
  expect(receive(mls, { ...full, proposals: full.proposals.slice(1) }, message).kind).toBe("proposal")
  const asking = proposeToJoin(mls, { ...alice, ...erin }).message
  const sender = { kind: "new-member-proposal" } as const
  const crowded = { ...alice, proposals: full.proposals.slice(0, 1024).map((each) => ({ ...each, sender })) }
  expect(receive(mls, crowded, asking)).toMatchObject({ reason: "too-many-proposals" })
  expect(receive(mls, crowded, message).kind).toBe("proposal")
  expect(receive(mls, { ...crowded, proposals: crowded.proposals.slice(1) }, asking).kind).toBe("proposal")
})

test("a committer changes its leaf with its path", () => {
  const story = new Story(world("renamed"), "alice")
  story.add("alice", "bob", "carol")
  const { mls } = story
  const signatureKeys = generateSignatureKeyPair(mls)
  const credential = { kind: "basic", identity: utf8("alice, renamed") } as const
  const before = story.state("alice")
  const commit = story.change("alice", { add: ["dave"] }, { leaf: { signatureKeys, credential } })
  expect(members(story.state("dave"))[0]).toEqual({
    leafIndex: 0,
    credential,
    signatureKey: signatureKeys.publicKey,
    extensions: [],
  })
  expect(commit.after.signatureKeys).toEqual(signatureKeys)
  const again = committed(mls, before, { leaf: { credential } })
  expect(again.committer).toEqual(members(before)[0])
  expect(again.updated).toEqual([{ ...again.committer, credential }])
  story.send("alice", "by my new name")
  story.update("alice")
})

test("RFC 9420, 7.3: a committer's own leaf has to fit the group too", () => {
  const { mls, alice } = scene("own leaf")
  const capabilities = leafAt(alice.tree, 0)?.capabilities
  if (capabilities === undefined) throw new Error("no leaf")
  expect(
    createCommit(mls, alice, {
      proposals: [],
      now: NOW,
      leaf: { capabilities: { ...capabilities, credentials: [2] } },
    }),
  ).toMatchObject({ reason: "credential-not-supported" })
  const extensions = [{ type: 0xf000, data: utf8("") }]
  expect(createCommit(mls, alice, { proposals: [], now: NOW, leaf: { extensions } })).toMatchObject({
    reason: "extension-not-supported",
  })
})

test.for<{ name: string; reason: string; intent: (scene: Scene) => OwnProposal }>([
  { name: "a Remove of nobody", reason: "no-such-member", intent: () => ({ kind: "remove", leafIndex: 6 }) },
  {
    name: "an Add of a member",
    reason: "duplicate-signature-key",
    intent: ({ carol }) => ({ kind: "add", keyPackage: carol.client.keyPackage.keyPackage }),
  },
  {
    name: "a PSK that is for another group's first epoch",
    reason: "invalid-psk",
    intent: () => ({ kind: "psk", psk: { kind: "resumption", usage: "reinit", groupId: utf8("g"), epoch: 1n } }),
  },
  {
    name: "a ReInit to an older version",
    reason: "invalid-reinit",
    intent: () => ({ kind: "reinit", groupId: utf8("g"), version: 0, ciphersuite: 1 }),
  },
  {
    name: "an Update whose extensions it does not support",
    reason: "extension-not-supported",
    intent: () => ({ kind: "update", leaf: { extensions: [{ type: 0xf000, data: utf8("") }] } }),
  },
])("$name is not even proposed", ({ name, reason, intent }, { expect: see }) => {
  const stage = scene(name)
  see(propose(stage.mls, stage.alice, intent(stage), { now: NOW })).toMatchObject({ kind: "refused", reason })
})

test("RFC 9420, 7.3: an Add whose time is over is not even proposed", () => {
  const { mls, alice, erin } = scene("expired")
  const intent = { kind: "add", keyPackage: erin.keyPackage.keyPackage } as const
  expect(propose(mls, alice, intent, { now: erin.lifetime.notAfter + 1n })).toMatchObject({ reason: "lifetime" })
})

test("who proposes its own removal is out when another commits it", () => {
  const { mls, alice, carol } = scene("leaving")
  const made = proposed(mls, carol.state, { kind: "remove", leafIndex: 2 })
  const commit = committed(mls, heard(mls, alice, made.message), { includePending: true })
  expect(receive(mls, made.next, commit.commit).kind).toBe("self-removed")
  expect(createCommit(mls, made.next, { proposals: [], includePending: true, now: NOW })).toMatchObject({
    kind: "ok",
    leftOut: [{ reason: "remove-of-committer" }],
  })
})

test("RFC 9420, 12.4.2: once a ReInit is committed the group sends nothing more", () => {
  const { mls, alice, bob } = scene("shut")
  const intent = { kind: "reinit", groupId: utf8("anew"), ciphersuite: 1 } as const
  const made = committed(mls, alice, { proposals: [intent] })
  const after = expectKind(receive(mls, bob, made.commit), "commit").next
  const open = { ...made.next, reinit: undefined }
  for (const message of [protect(mls, open, utf8("hi")).message, proposed(mls, open, { kind: "update" }).message]) {
    expect(receive(mls, after, message)).toMatchObject({ reason: "group-reinitialised", section: "RFC 9420, 12.4.2" })
  }
  expect(propose(mls, after, { kind: "update" }, { now: NOW })).toMatchObject({ reason: "group-reinitialised" })
  expect(() => protect(mls, after, utf8("hi"))).toThrow(RangeError)
})

test("RFC 9420, 12.1: a proposal of a type that is not known is refused as that", () => {
  const { mls, alice, bob } = scene("unknown type")
  const message = forge(mls, alice, { kind: "remove", leafIndex: 3 })
  const at = message.length - 4 - 2 - 65 - 33
  const unknown = message.with(at, 0xf0)
  expect(receive(mls, bob, unknown)).toEqual({
    kind: "refused",
    reason: "unknown-proposal-type",
    section: "RFC 9420, 12.1",
  })
})
