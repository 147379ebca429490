import { concat, utf8, type Bytes } from "@starling/kernel"
import {
  changedParts,
  createCommit,
  createKeyPackage,
  decodeOwnKeyPackage,
  decodeState,
  encodeOwnKeyPackage,
  encodeState,
  exportSecret,
  join,
  members,
  protect,
  publicCommitHeader,
  receive,
  stateOfParts,
  welcomeReferences,
  type GroupState,
} from "@starling/mls"
import { leaves } from "@starling/mls/rfc9420"
import { decode, encode, type Writer } from "@starling/wire"
import { expect, test } from "vitest"

import { expectKind, Story } from "./story.ts"
import { client, NOW, world } from "./world.ts"

function three(seed: string): Story {
  const story = new Story(world(seed), "alice")
  story.add("alice", "bob", "carol")
  return story
}

test("a state processes several sibling commits, and each child is right", () => {
  const story = three("siblings")
  const { mls } = story
  const parent = story.state("carol")
  const before = encodeState(parent)
  const siblings = ["alice", "bob", "bob"].map((name) => {
    const made = createCommit(mls, story.state(name), { proposals: [], now: NOW })
    if (made.kind !== "ok") throw new Error(made.reason)
    return made
  })
  const children = siblings.map((made) => {
    const child = expectKind(receive(mls, parent, made.commit), "commit").next
    expect(child.epochAuthenticator).toEqual(made.next.epochAuthenticator)
    const sent = protect(mls, made.next, utf8("on this branch"))
    expect(receive(mls, child, sent.message).kind).toBe("application")
    return child
  })
  expect(new Set(children.map((child) => child.confirmedTranscriptHash.join())).size).toBe(3)
  expect(encodeState(parent)).toEqual(before)
})

test("whatever receive says, the state is as it was", () => {
  const story = three("untouched")
  const { mls } = story
  const state = story.state("bob")
  const copy = structuredClone(state)
  const stored = encodeState(state)
  const commit = createCommit(mls, story.state("alice"), { proposals: [], now: NOW })
  const hidden = createCommit(mls, story.state("alice"), { proposals: [], now: NOW, wireFormat: "private" })
  if (commit.kind !== "ok" || hidden.kind !== "ok") throw new Error("no commit")
  const message = protect(mls, story.state("carol"), utf8("hello")).message
  for (const good of [commit.commit, hidden.commit, message]) {
    expect(receive(mls, state, good).kind).not.toBe("refused")
    for (let i = 0; i < good.length; i += 7) {
      const bad = good.with(i, (good[i] ?? 0) ^ 0x10)
      expect(receive(mls, state, bad).kind).toBe("refused")
    }
  }
  expect(state).toEqual(copy)
  expect(encodeState(state)).toEqual(stored)
})

test("the same source of randomness gives the same bytes", () => {
  const run = (): readonly Uint8Array[] => {
    const story = three("replayed")
    const update = story.update("bob")
    const removal = story.change("carol", { remove: ["alice"] }, { wireFormat: "private" })
    const sent = story.send("bob", "again")
    return [
      update.commit,
      removal.commit,
      sent,
      ...Array.from(story.people.values(), ({ state }) => encodeState(state)),
    ]
  }
  expect(run()).toEqual(run())
})

test("a stored state goes on where it was, skipped keys and own ratchet included", () => {
  const story = three("stored")
  const { mls } = story
  const first = protect(mls, story.state("alice"), utf8("first"))
  const second = protect(mls, first.next, utf8("second"))
  const bob = expectKind(receive(mls, story.state("bob"), second.message), "application").next
  const restored = decodeState(encodeState(bob))
  if (restored.kind !== "ok") throw new Error(restored.why)
  expect(restored.value).toEqual(bob)
  expect(expectKind(receive(mls, restored.value, first.message), "application").data).toEqual(utf8("first"))
  const update = createCommit(mls, restored.value, { proposals: [], now: NOW })
  if (update.kind !== "ok") throw new Error(update.reason)
  expect(receive(mls, story.state("carol"), update.commit).kind).toBe("commit")
})

test("a state of a newer version is refused, and truncated ones are malformed", () => {
  const stored = encodeState(three("versions").state("bob"))
  expect(decodeState(stored.with(1, 3))).toMatchObject({ kind: "malformed", why: expect.stringContaining("version 3") })
  for (let length = 0; length < stored.length; length += 31) {
    expect(decodeState(stored.subarray(0, length)).kind).toBe("malformed")
  }
})

test("a stored state with a part that has no name, or after a ReInit that is none, is malformed", () => {
  const state = three("nameless").state("bob")
  const stored = encodeState(state)
  const parts = decode(stored.subarray(2), (r) => r.nested((inner) => inner.fixed(inner.left)))
  if (parts.kind !== "ok") throw new Error(parts.why)
  const withPart = (name: Bytes) =>
    encode((w) =>
      w.uint16(2).opaque(
        concat(
          parts.value,
          encode((each) => each.opaque(name).opaque(name)),
        ),
      ),
    )
  expect(decodeState(withPart(utf8("unknown"))).kind).toBe("ok")
  expect(decodeState(withPart(Uint8Array.of(0xff)))).toMatchObject({ kind: "malformed", why: "a part without a name" })
  const all = new Map(changedParts(undefined, state).map(({ name, value = utf8("") }) => [name, value] as const))
  const epoch = all.get("epoch") ?? utf8("")
  const after = (proposal: (w: Writer) => unknown) =>
    stateOfParts(
      new Map(all).set(
        "epoch",
        concat(
          epoch.subarray(0, -1),
          encode((w) => proposal(w.uint8(1))),
        ),
      ),
    ).kind
  expect(after((w) => w.uint16(5).opaque(utf8("anew")).uint16(1).uint16(1).opaque(utf8("")))).toBe("ok")
  expect(after((w) => w.uint16(3).uint32(1))).toBe("malformed")
})

test("a stored state whose tree has one leaf twice is malformed", () => {
  const state = three("twice").state("bob")
  const all = new Map(changedParts(undefined, state).map(({ name, value = utf8("") }) => [name, value] as const))
  const [one = utf8(""), other = utf8("")] = Array.from(leaves(state.tree.root), ({ node }) => node.encoded)
  const withLeaves = (...encoded: readonly Bytes[]) => {
    const nodes = encoded.flatMap((leaf) => [undefined, leaf]).slice(1)
    const tree = encode((w) => w.vector(nodes, (v, leaf) => v.optional(leaf, (x, bytes) => x.uint8(1).fixed(bytes))))
    return stateOfParts(new Map(all).set("tree", tree).set("secret/1", state.keys.init)).kind
  }
  expect(withLeaves(one, other)).toBe("ok")
  expect(withLeaves(one, one)).toBe("malformed")
})

test("a stored key package of a newer version is malformed", () => {
  const stored = encodeOwnKeyPackage(client(world("newer"), "bob").keyPackage)
  expect(decodeOwnKeyPackage(stored).kind).toBe("ok")
  expect(decodeOwnKeyPackage(stored.with(1, 2)).kind).toBe("malformed")
})

test("a stored key package still joins", () => {
  const mls = world("stored key package")
  const story = new Story(mls, "alice")
  const bob = client(mls, "bob")
  const stored = decodeOwnKeyPackage(encodeOwnKeyPackage(bob.keyPackage))
  if (stored.kind !== "ok") throw new Error(stored.why)
  expect(stored.value).toEqual(bob.keyPackage)
  const made = createCommit(mls, story.state("alice"), {
    proposals: [{ kind: "add", keyPackage: bob.keyPackage.keyPackage }],
    groupInfoExtensions: [{ type: 0xff01, data: utf8("hint") }],
    now: NOW,
  })
  if (made.kind !== "ok" || made.welcome === undefined) throw new Error("no Welcome")
  expect(welcomeReferences(made.welcome)).toEqual({ kind: "ok", value: [bob.keyPackage.reference] })
  const { signatureKeys } = bob
  const joined = join(mls, { welcome: made.welcome, keyPackage: stored.value, signatureKeys })
  if (joined.kind !== "joined") throw new Error(joined.reason)
  expect(joined.inviter).toEqual(members(made.next)[0])
  expect(joined.groupInfoExtensions).toContainEqual({ type: 0xff01, data: utf8("hint") })
})

test("anybody may read who a public commit adds and removes", () => {
  const story = three("header")
  const dave = client(story.mls, "dave")
  const made = createCommit(story.mls, story.state("alice"), {
    proposals: [
      { kind: "remove", leafIndex: story.leaf("bob") },
      { kind: "add", keyPackage: dave.keyPackage.keyPackage },
    ],
    authenticatedData: utf8("cited"),
    now: NOW,
  })
  if (made.kind !== "ok") throw new Error(made.reason)
  const header = publicCommitHeader(made.commit)
  expect(header).toMatchObject({
    kind: "ok",
    value: { senderLeaf: 0, removes: [1], proposals: ["remove", "add"], references: 0, hasPath: true, epoch: 1n },
  })
  if (header.kind === "ok") {
    expect(header.value.adds[0]?.encoded).toEqual(dave.keyPackage.keyPackage.encoded)
    expect(header.value.authenticatedData).toEqual(utf8("cited"))
  }
  const received = expectKind(receive(story.mls, story.state("carol"), made.commit), "commit")
  expect(received.removed.map((member) => member.leafIndex)).toEqual([1])
  expect(received.added.map((member) => member.leafIndex)).toEqual([1])
  expect(received.updated.map((member) => member.leafIndex)).toEqual([0])
  expect(received.committer.leafIndex).toBe(0)
  expect(received.authenticatedData).toEqual(utf8("cited"))
})

test("exported secrets are equal for all members, and differ by label, context and epoch", () => {
  const story = three("exporter")
  const secret = (state: GroupState, label: string, context: string) =>
    exportSecret(story.mls, state, label, utf8(context), 24)
  const alice = story.state("alice")
  expect(secret(alice, "a", "b")).toEqual(secret(story.state("carol"), "a", "b"))
  expect(secret(alice, "a", "b")).toHaveLength(24)
  expect(secret(alice, "b", "b")).not.toEqual(secret(alice, "a", "b"))
  expect(secret(alice, "a", "c")).not.toEqual(secret(alice, "a", "b"))
  story.update("bob")
  expect(secret(story.state("alice"), "a", "b")).not.toEqual(secret(alice, "a", "b"))
})

test("a group takes pre-shared keys and new extensions by commit", () => {
  const mls = world("psk and extensions")
  const story = new Story(mls, "alice")
  story.add("alice", "bob")
  const key = utf8("a key that both know")
  const psk = { kind: "external", id: utf8("psk") } as const
  const proposals = [{ kind: "psk", psk } as const, { kind: "group-context-extensions", extensions: [] } as const]
  const made = createCommit(mls, story.state("alice"), { proposals, psks: () => key, now: NOW })
  if (made.kind !== "ok") throw new Error(made.reason)
  const received = expectKind(receive(mls, story.state("bob"), made.commit, { psks: () => key }), "commit")
  expect(received.hasPath).toBe(true)
  expect(received.next.epochAuthenticator).toEqual(made.next.epochAuthenticator)
  expect(receive(mls, story.state("bob"), made.commit)).toMatchObject({ reason: "unknown-psk" })
  expect(receive(mls, story.state("bob"), made.commit, { psks: () => utf8("another") })).toMatchObject({
    reason: "bad-confirmation-tag",
  })
})

test("a key package of one's own is never added without its extensions being supported", () => {
  const mls = world("unsupported extension")
  const alice = client(mls, "alice")
  const leafExtensions = [{ type: 0xf000, data: utf8("") }]
  expect(() => createKeyPackage(mls, { ...alice, leafExtensions })).toThrow(RangeError)
})
