import { utf8, type Bytes } from "@starling/kernel"
import { createCommit, receive, type GroupState, type MlsContext } from "@starling/mls"
import { leafAt, type LeafNodeContent } from "@starling/mls/rfc9420"
import { expect, test } from "vitest"

import { alterCommit, forgeLeaf, propose } from "./forgery.ts"
import { encryptionKeyOf, scene, type Scene } from "./scene.ts"
import { expectKind } from "./story.ts"
import { NOW } from "./world.ts"

interface Forged {
  readonly leaf?: Partial<LeafNodeContent>
  /** The place that the leaf is signed for, unless it is Carol's. */
  readonly leafIndex?: number
  readonly groupId?: Bytes
}

/** Bob holds Carol's forged Update when a commit of Alice's refers to it. */
function judged(stage: Scene, bob: MlsContext, { leaf, leafIndex = 2, groupId = stage.alice.groupId }: Forged) {
  const { mls, alice, carol } = stage
  const { publicKey } = mls.crypto.kem.deriveKeyPair(mls.random.draw(32, "an update"))
  const content = { encryptionKey: publicKey, source: { kind: "update" }, ...leaf } as const
  const leafNode = forgeLeaf(mls.crypto, carol.client, content, { groupId, leafIndex })
  const proposal = propose(mls, carol.state, { kind: "update", leafNode })
  const { next, reference } = expectKind(receive(bob, stage.bob, proposal), "proposal")
  const donor = createCommit(mls, alice, { proposals: [], now: NOW })
  if (donor.kind !== "ok") throw new Error(donor.reason)
  const commit = alterCommit(mls, alice, donor.commit, ({ path }) => ({
    proposals: [{ kind: "reference", reference }],
    path,
  }))
  return receive(bob, next, commit)
}

const able = ({ alice }: Scene, change: Partial<LeafNodeContent["capabilities"]>): LeafNodeContent["capabilities"] => {
  const leaf = leafAt(alice.tree, 2)
  if (leaf === undefined) throw new Error("no leaf")
  return { ...leaf.capabilities, ...change }
}

test.for<{ section: string; name: string; reason: string; forge: (scene: Scene) => Forged }>([
  {
    section: "7.3",
    name: "whose leaf is a commit's",
    reason: "wrong-leaf-source",
    forge: () => ({ leaf: { source: { kind: "commit", parentHash: utf8("") } } }),
  },
  {
    section: "7.3",
    name: "whose leaf is a key package's",
    reason: "wrong-leaf-source",
    forge: () => ({ leaf: { source: { kind: "key-package", lifetime: { notBefore: 0n, notAfter: NOW } } } }),
  },
  {
    section: "7.3",
    name: "whose leaf is signed for another place",
    reason: "bad-signature",
    forge: () => ({ leafIndex: 3 }),
  },
  {
    section: "7.3",
    name: "whose leaf is signed for another group",
    reason: "bad-signature",
    forge: () => ({ groupId: utf8("elsewhere") }),
  },
  {
    section: "12.1.2",
    name: "that keeps its encryption key",
    reason: "duplicate-encryption-key",
    forge: ({ carol }) => ({ leaf: { encryptionKey: encryptionKeyOf(carol.state) } }),
  },
  {
    section: "7.3",
    name: "with the encryption key of another member",
    reason: "duplicate-encryption-key",
    forge: ({ bob }) => ({ leaf: { encryptionKey: encryptionKeyOf(bob) } }),
  },
  {
    section: "5.1.1",
    name: "with an encryption key of small order",
    reason: "invalid-public-key",
    forge: () => ({ leaf: { encryptionKey: new Uint8Array(32) } }),
  },
  {
    section: "7.3",
    name: "with an extension that its leaf does not claim to support",
    reason: "extension-not-supported",
    forge: () => ({ leaf: { extensions: [{ type: 0xf000, data: utf8("") }] } }),
  },
  {
    section: "7.2",
    name: "that drops the support of its own credential",
    reason: "credential-not-supported",
    forge: (stage) => ({ leaf: { capabilities: able(stage, { credentials: [2] }) } }),
  },
  {
    section: "7.3",
    name: "that drops the support of the credentials in use",
    reason: "credential-not-supported",
    forge: (stage) => ({
      leaf: { credential: { kind: "x509", certificates: [] }, capabilities: able(stage, { credentials: [2] }) },
    }),
  },
  {
    section: "7.3",
    name: "that drops the support of the group's suite",
    reason: "unsupported-ciphersuite",
    forge: (stage) => ({ leaf: { capabilities: able(stage, { ciphersuites: [] }) } }),
  },
])(
  "RFC 9420, $section: a commit of an Update $name is refused",
  ({ section, name, reason, forge }, { expect: see }) => {
    const stage = scene(name)
    see(judged(stage, stage.mls, forge(stage))).toEqual({ kind: "refused", reason, section: `RFC 9420, ${section}` })
  },
)

test("RFC 9420, 5.3.1: whether an Update's credential may follow is for the authentication service to say", () => {
  const credential = { kind: "basic", identity: utf8("carola") } as const
  const asked: unknown[] = []
  const stage = scene("successor")
  const judge: MlsContext = {
    ...stage.mls,
    authenticate: (one, _, previous) => {
      asked.push(one, previous)
      return "another person"
    },
  }
  expect(judged(stage, judge, { leaf: { credential } })).toMatchObject({
    reason: "credential-rejected",
    section: "RFC 9420, 5.3.1",
  })
  expect(asked).toEqual([credential, stage.carol.client.credential])
})

test("RFC 9420, 12.4: a commit of an Update has a path", () => {
  const { mls, alice, bob, carol } = scene("no path")
  const { publicKey } = mls.crypto.kem.deriveKeyPair(mls.random.draw(32, "an update"))
  const position = { groupId: alice.groupId, leafIndex: 2 }
  const leafNode = forgeLeaf(
    mls.crypto,
    carol.client,
    { encryptionKey: publicKey, source: { kind: "update" } },
    position,
  )
  const proposal = propose(mls, carol.state, { kind: "update", leafNode })
  const { next, reference } = expectKind(receive(mls, bob, proposal), "proposal")
  const donor = createCommit(mls, alice, { proposals: [], now: NOW })
  if (donor.kind !== "ok") throw new Error(donor.reason)
  const commit = alterCommit(mls, alice, donor.commit, () => ({
    proposals: [{ kind: "reference", reference }],
    path: undefined,
  }))
  expect(receive(mls, next, commit)).toMatchObject({ reason: "path-required", section: "RFC 9420, 12.4.2" })
})

test("RFC 9420, 12.2: an Update of one who is removed in the same commit is refused", () => {
  const { mls, alice, bob, carol } = scene("update and remove")
  const update = propose(mls, carol.state, { kind: "update", leafNode: forgeLeaf(mls.crypto, carol.client, {}) })
  const { next, reference } = expectKind(receive(mls, bob, update), "proposal")
  const donor = createCommit(mls, alice, { proposals: [], now: NOW })
  if (donor.kind !== "ok") throw new Error(donor.reason)
  const commit = alterCommit(mls, alice, donor.commit, ({ path }) => ({
    proposals: [
      { kind: "reference", reference },
      { kind: "proposal", proposal: { kind: "remove", leafIndex: 2 } },
    ],
    path,
  }))
  expect(receive(mls, next, commit)).toMatchObject({ reason: "two-proposals-for-one-leaf" })
})

test("RFC 9420, 12.2: of two Updates by one member a commit brings in but one", () => {
  const { mls, alice, bob, carol } = scene("two updates")
  let judge = bob
  const references = [1, 2].map(() => {
    const { publicKey } = mls.crypto.kem.deriveKeyPair(mls.random.draw(32, "an update"))
    const content = { encryptionKey: publicKey, source: { kind: "update" } } as const
    const leafNode = forgeLeaf(mls.crypto, carol.client, content, { groupId: alice.groupId, leafIndex: 2 })
    const kept = expectKind(receive(mls, judge, propose(mls, carol.state, { kind: "update", leafNode })), "proposal")
    judge = kept.next
    return { kind: "reference", reference: kept.reference } as const
  })
  const donor = createCommit(mls, alice, { proposals: [], now: NOW })
  if (donor.kind !== "ok") throw new Error(donor.reason)
  const commit = alterCommit(mls, alice, donor.commit, ({ path }) => ({ proposals: references, path }))
  expect(receive(mls, judge, commit)).toMatchObject({
    reason: "two-proposals-for-one-leaf",
    section: "RFC 9420, 12.2",
  })
})

test("RFC 9420, 12.2: an Update by value would be the committer's own", () => {
  const { mls, alice, bob, carol } = scene("by value")
  const leafNode = forgeLeaf(mls.crypto, carol.client, {})
  const donor = createCommit(mls, alice, { proposals: [], now: NOW })
  if (donor.kind !== "ok") throw new Error(donor.reason)
  const commit = alterCommit(mls, alice, donor.commit, ({ path }) => ({
    proposals: [{ kind: "proposal", proposal: { kind: "update", leafNode } }],
    path,
  }))
  expect(receive(mls, bob, commit)).toMatchObject({ reason: "update-by-committer" })
})

test("RFC 9420, 12.2: the member whose leaf an Update renews can't bring it in by its own commit", () => {
  const { mls, bob, carol } = scene("own update")
  const { publicKey } = mls.crypto.kem.deriveKeyPair(mls.random.draw(32, "an update"))
  const position = { groupId: carol.state.groupId, leafIndex: 2 }
  const leafNode = forgeLeaf(
    mls.crypto,
    carol.client,
    { encryptionKey: publicKey, source: { kind: "update" } },
    position,
  )
  const { next, reference } = expectKind(
    receive(mls, bob, propose(mls, carol.state, { kind: "update", leafNode })),
    "proposal",
  )
  const donor = createCommit(mls, carol.state, { proposals: [], now: NOW })
  if (donor.kind !== "ok") throw new Error(donor.reason)
  const commit = alterCommit(mls, carol.state, donor.commit, ({ path }) => ({
    proposals: [{ kind: "reference", reference }],
    path,
  }))
  const judge: GroupState = next
  expect(receive(mls, judge, commit)).toMatchObject({ reason: "update-by-committer", section: "RFC 9420, 12.2" })
})
