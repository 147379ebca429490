import { utf8, type Bytes } from "@starling/kernel"
import {
  createCommit,
  createGroupInfo,
  joinExternally,
  receive,
  type ExternalJoining,
  type GroupState,
  type MlsContext,
  type Proposal,
} from "@starling/mls"
import {
  decodeMlsMessage,
  encodeMlsMessage,
  signLeafNode,
  type Commit,
  type LeafNodeContent,
} from "@starling/mls/rfc9420"
import { encode } from "@starling/wire"
import { expect, test } from "vitest"

import { alterExternalCommit } from "./forgery.ts"
import { encryptionKeyOf, scene, type Scene } from "./scene.ts"
import { expectKind, Story } from "./story.ts"
import { client, NOW, world, type Client } from "./world.ts"

const NONCE = new Uint8Array(32)
const PSK: Proposal = { kind: "psk", id: { kind: "external", id: utf8("psk"), nonce: NONCE } }

const byValue = (proposal: Proposal) => ({ kind: "proposal", proposal }) as const
const remove = (leafIndex: number) => byValue({ kind: "remove", leafIndex })
const more =
  (...proposals: readonly Commit["proposals"][number][]) =>
  (commit: Commit): Commit => ({
    ...commit,
    proposals: [...commit.proposals, ...proposals],
  })

/** Erin joins Alice's group, or Carol comes back into it. */
function entered({ mls, alice }: Scene, own: Client, options: Partial<ExternalJoining> = {}): Bytes {
  const groupInfo = createGroupInfo(mls, alice, { externalPub: true })
  const { credential, signatureKeys } = own
  const joined = joinExternally(mls, { credential, signatureKeys, groupInfo, ...options })
  if (joined.kind !== "joined") throw new Error(`${joined.reason} (${joined.section})`)
  return joined.commit
}

function withLeaf(
  { mls, alice }: Scene,
  own: Client,
  commit: Commit,
  change: Partial<LeafNodeContent>,
  leafIndex = 4,
): Commit {
  if (commit.path === undefined) throw new Error("no path")
  const position = { groupId: alice.groupId, leafIndex }
  const leafNode = signLeafNode(
    mls.crypto,
    own.signatureKeys.privateKey,
    { ...commit.path.leafNode, ...change },
    position,
  )
  return { ...commit, path: { ...commit.path, leafNode } }
}

test.for<{ section: string; name: string; reason: string; alter: (commit: Commit, scene: Scene) => Commit }>([
  {
    section: "12.2",
    name: "without an ExternalInit",
    reason: "external-init-missing",
    alter: (commit) => ({ ...commit, proposals: [] }),
  },
  {
    section: "12.2",
    name: "with two ExternalInits",
    reason: "not-in-external-commit",
    alter: (commit) => more(...commit.proposals)(commit),
  },
  {
    section: "12.2",
    name: "with two Removes",
    reason: "not-in-external-commit",
    alter: more(remove(2), remove(3)),
  },
  {
    section: "12.2",
    name: "with two Removes of one leaf",
    reason: "two-proposals-for-one-leaf",
    alter: more(remove(2), remove(2)),
  },
  {
    section: "12.2",
    name: "with an Add",
    reason: "not-in-external-commit",
    alter: (commit, { mls }) =>
      more(byValue({ kind: "add", keyPackage: client(mls, "frank").keyPackage.keyPackage }))(commit),
  },
  {
    section: "12.2",
    name: "with an Update",
    reason: "not-in-external-commit",
    alter: (commit, { erin }) =>
      more(byValue({ kind: "update", leafNode: erin.keyPackage.keyPackage.leafNode }))(commit),
  },
  {
    section: "12.2",
    name: "with new extensions",
    reason: "not-in-external-commit",
    alter: more(byValue({ kind: "group-context-extensions", extensions: [] })),
  },
  {
    section: "12.2",
    name: "with a ReInit",
    reason: "not-in-external-commit",
    alter: more(byValue({ kind: "reinit", groupId: utf8("g"), version: 1, ciphersuite: 1, extensions: [] })),
  },
  {
    section: "12.4.3.2",
    name: "with a proposal by reference",
    reason: "not-in-external-commit",
    alter: more({ kind: "reference", reference: NONCE }),
  },
  {
    section: "12.4.3.2",
    name: "without a path",
    reason: "path-required",
    alter: (commit) => ({ ...commit, path: undefined }),
  },
  {
    section: "12.1.3",
    name: "with a Remove of nobody",
    reason: "no-such-member",
    alter: more(remove(6)),
  },
  {
    section: "12.2",
    name: "with one PSK twice",
    reason: "duplicate-psk",
    alter: more(byValue(PSK), byValue(PSK)),
  },
  {
    section: "12.1.4",
    name: "with a PSK that is meant for a successor's first epoch",
    reason: "invalid-psk",
    alter: more(
      byValue({ kind: "psk", id: { kind: "resumption", usage: "reinit", groupId: NONCE, epoch: 1n, nonce: NONCE } }),
    ),
  },
  {
    section: "8.4",
    name: "with a PSK that is not known",
    reason: "unknown-psk",
    alter: more(byValue(PSK)),
  },
  {
    section: "8.3",
    name: "whose KEM output is none",
    reason: "invalid-kem-output",
    alter: (commit) => ({ ...commit, proposals: [byValue({ kind: "external-init", kemOutput: new Uint8Array(32) })] }),
  },
  {
    section: "7.3",
    name: "whose leaf is no commit's",
    reason: "wrong-leaf-source",
    alter: (commit, stage) => withLeaf(stage, stage.erin, commit, { source: { kind: "update" } }),
  },
  {
    section: "7.3",
    name: "whose leaf is signed for another place than the leftmost free one",
    reason: "bad-signature",
    alter: (commit, stage) => withLeaf(stage, stage.erin, commit, {}, 5),
  },
  {
    section: "7.3",
    name: "whose leaf has an extension that it does not claim to support",
    reason: "extension-not-supported",
    alter: (commit, stage) => withLeaf(stage, stage.erin, commit, { extensions: [{ type: 0xf000, data: NONCE }] }),
  },
  {
    section: "7.2",
    name: "whose leaf does not claim to support its own credential",
    reason: "credential-not-supported",
    alter: (commit, stage) => withLeaf(stage, stage.erin, commit, { capabilities: able(commit, { credentials: [2] }) }),
  },
  {
    section: "7.3",
    name: "whose leaf does not support the credentials in use",
    reason: "credential-not-supported",
    alter: (commit, stage) =>
      withLeaf(stage, stage.erin, commit, {
        credential: { kind: "x509", certificates: [] },
        capabilities: able(commit, { credentials: [2] }),
      }),
  },
  {
    section: "12.4.2",
    name: "whose leaf has a member's encryption key",
    reason: "path-key-reused",
    alter: (commit, stage) => withLeaf(stage, stage.erin, commit, { encryptionKey: encryptionKeyOf(stage.bob) }),
  },
  {
    section: "7.9.2",
    name: "whose leaf does not cover its path",
    reason: "parent-hash-mismatch",
    alter: (commit, stage) => withLeaf(stage, stage.erin, commit, { source: { kind: "commit", parentHash: NONCE } }),
  },
  {
    section: "12.4.2",
    name: "whose path is too short",
    reason: "path-of-wrong-length",
    alter: (commit) => ({ ...commit, path: commit.path && { ...commit.path, nodes: [] } }),
  },
  {
    section: "12.4.2",
    name: "whose confirmation tag is that of another",
    reason: "bad-confirmation-tag",
    alter: (commit) => commit,
  },
])("RFC 9420, $section: an external commit $name is refused", ({ section, name, reason, alter }, { expect: see }) => {
  const stage = scene(name)
  const { mls, alice, bob, erin } = stage
  const good = entered(stage, erin, { authenticatedData: utf8("as it was") })
  expect(receive(mls, bob, good).kind).toBe("commit")
  const isAboutTag = reason === "bad-confirmation-tag"
  const forged = alterExternalCommit(mls, alice, isAboutTag ? entered(stage, erin) : good, erin, (commit) =>
    alter(commit, stage),
  )
  const altered = isAboutTag ? forged.with(forged.length - 1, (forged.at(-1) ?? 0) ^ 1) : forged
  see(receive(mls, bob, altered)).toEqual({ kind: "refused", reason, section: `RFC 9420, ${section}` })
})

test("RFC 9420, 7.3: a joiner with the signature key of a member is refused, unless it takes that member's place", () => {
  const stage = scene("same signature key")
  const { mls, alice, bob, carol, erin } = stage
  const { signatureKey } = carol.client.keyPackage.keyPackage.leafNode
  const commit = alterExternalCommit(mls, alice, entered(stage, erin), carol.client, (good) =>
    withLeaf(stage, carol.client, good, { signatureKey }),
  )
  expect(receive(mls, bob, commit)).toMatchObject({ reason: "duplicate-signature-key", section: "RFC 9420, 7.3" })
  const replaces = ({ leafIndex }: { readonly leafIndex: number }) => leafIndex === 2
  expect(receive(mls, bob, entered(stage, carol.client, { replaces })).kind).toBe("commit")
  const groupInfo = createGroupInfo(mls, alice, { externalPub: true })
  const { credential, signatureKeys } = carol.client
  expect(joinExternally(mls, { credential, signatureKeys, groupInfo })).toMatchObject({
    reason: "duplicate-signature-key",
  })
  expect(joinExternally(mls, { credential, signatureKeys, groupInfo, replaces: () => false })).toMatchObject({
    reason: "no-such-member",
    section: "RFC 9420, 12.4.3.2",
  })
})

test("RFC 9420, 12.2: who takes its own place does not keep its encryption key", () => {
  const stage = scene("same encryption key")
  const { mls, alice, bob, carol } = stage
  const replaces = ({ leafIndex }: { readonly leafIndex: number }) => leafIndex === 2
  const encryptionKey = encryptionKeyOf(bob, 2)
  const commit = alterExternalCommit(mls, alice, entered(stage, carol.client, { replaces }), carol.client, (good) =>
    withLeaf(stage, carol.client, good, { encryptionKey }, 2),
  )
  expect(receive(mls, bob, commit)).toMatchObject({ reason: "path-key-reused" })
})

test("RFC 9420, 6.1: an external commit is signed by the key of its leaf, in its epoch", () => {
  const stage = scene("signature")
  const { mls, alice, bob, carol, erin } = stage
  const good = entered(stage, erin)
  const same = (commit: Commit) => commit
  const refused = { kind: "refused", reason: "bad-signature", section: "RFC 9420, 6.1" }
  expect(receive(mls, bob, alterExternalCommit(mls, alice, good, carol.client, same))).toEqual(refused)
  const elsewhere = { ...alice, contextBytes: utf8("another GroupContext") }
  expect(receive(mls, bob, alterExternalCommit(mls, elsewhere, good, erin, same))).toEqual(refused)
  expect(receive(mls, bob, alterExternalCommit(mls, alice, good, erin, same)).kind).toBe("commit")
})

test("RFC 9420, 5.3.1: whether a stranger may join is for the authentication service to say", () => {
  const stage = scene("stranger")
  const commit = entered(stage, stage.erin)
  const judge: MlsContext = {
    ...stage.mls,
    authenticate: (_, __, previous) => (previous === undefined ? "who?" : undefined),
  }
  expect(receive(judge, stage.bob, commit)).toMatchObject({ reason: "credential-rejected", section: "RFC 9420, 5.3.1" })
})

test("RFC 9420, 12.4.3.2: an external commit follows no ReInit, and its joiner is held to the group's extensions", () => {
  const stage = scene("shut")
  const { mls, alice, bob, erin } = stage
  const reinit = { kind: "reinit", groupId: utf8("anew"), ciphersuite: 1 } as const
  const made = createCommit(mls, alice, { proposals: [reinit], now: NOW })
  if (made.kind !== "ok") throw new Error(made.reason)
  const after = expectKind(receive(mls, bob, made.commit), "commit").next
  expect(receive(mls, after, entered({ ...stage, alice: made.next }, erin))).toMatchObject({
    reason: "group-reinitialised",
  })
})

test.for<{
  section: string
  name: string
  reason: string
  groupInfo: (scene: Scene) => Bytes
  joining?: Partial<ExternalJoining>
}>([
  {
    section: "12.4.3.2",
    name: "that is a key package",
    reason: "unexpected-wire-format",
    groupInfo: ({ erin }) => erin.keyPackage.message,
  },
  {
    section: "12.4.3.2",
    name: "that can't be read",
    reason: "malformed",
    groupInfo: (stage) => info(stage).subarray(0, -1),
  },
  {
    section: "12.4.3.2",
    name: "without an external public key",
    reason: "no-external-pub",
    groupInfo: ({ mls, alice }) => createGroupInfo(mls, alice),
  },
  {
    section: "12.4.3.2",
    name: "whose external public key can't be read",
    reason: "malformed",
    groupInfo: ({ mls, alice }) => createGroupInfo(mls, alice, { extensions: [{ type: 4, data: utf8("?!") }] }),
  },
  {
    section: "5.1.1",
    name: "whose external public key is of small order",
    reason: "invalid-public-key",
    groupInfo: ({ mls, alice }) => {
      const data = encode((w) => w.opaque(new Uint8Array(32)))
      return createGroupInfo(mls, alice, { extensions: [{ type: 4, data }] })
    },
  },
  {
    section: "12.4.3.1",
    name: "signed by another than it says",
    reason: "bad-signature",
    groupInfo: (stage) => info(stage, { ownLeafIndex: 1 }),
  },
  {
    section: "12.4.3.1",
    name: "altered after it was signed",
    reason: "bad-signature",
    groupInfo: (stage) => altered(info(stage), { confirmationTag: new Uint8Array(32) }),
  },
  {
    section: "12.4.3.1",
    name: "signed by a blank leaf",
    reason: "inviter-missing",
    groupInfo: (stage) => info(stage, { ownLeafIndex: 6 }),
  },
  {
    section: "12.4.3.1",
    name: "of another suite",
    reason: "unsupported-ciphersuite",
    groupInfo: (stage) => info(stage, { ciphersuite: 3 }),
  },
  {
    section: "12.4.3.1",
    name: "of another version",
    reason: "unsupported-version",
    groupInfo: (stage) => info(stage, { version: 2 }),
  },
  {
    section: "12.4.3.1",
    name: "whose tree is another",
    reason: "tree-hash-mismatch",
    groupInfo: (stage) => info(stage, { treeHash: new Uint8Array(32) }),
  },
  {
    section: "8.1",
    name: "of the last epoch there can be",
    reason: "no-epoch-left",
    groupInfo: (stage) => info(stage, { epoch: 2n ** 64n - 1n }),
  },
  {
    section: "12.4.3",
    name: "of a group that one is in",
    reason: "already-in-group",
    groupInfo: (stage) => info(stage),
    joining: { isInGroup: () => true },
  },
  {
    section: "7.3",
    name: "in which a member's time is over, if that matters",
    reason: "lifetime",
    groupInfo: (stage) => info(stage),
    joining: { now: NOW + 2000n, checkLifetimes: true },
  },
])(
  "RFC 9420, $section: by a GroupInfo $name nobody joins",
  ({ section, name, reason, groupInfo, joining }, { expect: see }) => {
    const stage = scene(name)
    const { credential, signatureKeys } = stage.erin
    const outcome = joinExternally(stage.mls, { credential, signatureKeys, groupInfo: groupInfo(stage), ...joining })
    see(outcome).toEqual({ kind: "refused", reason, section: `RFC 9420, ${section}` })
  },
)

test("RFC 9420, 12.4.3.2: a false confirmation tag leads the joiner to where no member follows", () => {
  const stage = scene("false tag")
  const { mls, bob, erin } = stage
  const { credential, signatureKeys } = erin
  const groupInfo = info(stage, { confirmationTag: new Uint8Array(32) })
  const joined = joinExternally(mls, { credential, signatureKeys, groupInfo })
  if (joined.kind !== "joined") throw new Error(joined.reason)
  expect(receive(mls, bob, joined.commit)).toMatchObject({ reason: "bad-confirmation-tag" })
})

test("RFC 9420, 13.4: who does not support an extension of the group, or what it requires, does not join it", () => {
  const mls = world("required")
  const supportedExtensions = [0xf000]
  const story = new Story(mls, "alice", { supportedExtensions, extensions: [{ type: 0xf000, data: utf8("rule") }] })
  const groupInfo = createGroupInfo(mls, story.state("alice"), { externalPub: true })
  const erin = { ...client(mls, "erin"), groupInfo }
  expect(joinExternally(mls, erin)).toEqual({
    kind: "refused",
    reason: "extension-not-supported",
    section: "RFC 9420, 13.4",
  })
  const joined = joinExternally(mls, { ...erin, supportedExtensions })
  if (joined.kind !== "joined") throw new Error(joined.reason)
  expect(receive(mls, story.state("alice"), joined.commit).kind).toBe("commit")
})

function info({ mls, alice }: Scene, change: Partial<GroupState> = {}): Bytes {
  return createGroupInfo(mls, { ...alice, ...change }, { externalPub: true })
}

function altered(bytes: Bytes, change: { readonly confirmationTag: Bytes }): Bytes {
  const decoded = decodeMlsMessage(bytes)
  if (decoded.kind !== "ok" || decoded.value.kind !== "group-info") throw new TypeError("no GroupInfo")
  return encodeMlsMessage({ kind: "group-info", groupInfo: { ...decoded.value.groupInfo, ...change } })
}

function able({ path }: Commit, change: Partial<LeafNodeContent["capabilities"]>): LeafNodeContent["capabilities"] {
  if (path === undefined) throw new Error("no path")
  return { ...path.leafNode.capabilities, ...change }
}
