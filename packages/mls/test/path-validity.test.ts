import { utf8 } from "@starling/kernel"
import { createCommit, receive, type GroupState, type MlsContext } from "@starling/mls"
import { encodeGroupContext, encryptWithLabel, signLeafNode, type Commit } from "@starling/mls/rfc9420"
import { expect, test } from "vitest"

import { alterCommit } from "./forgery.ts"
import { encryptionKeyOf, scene, type Scene } from "./scene.ts"
import { NOW } from "./world.ts"

type Path = NonNullable<Commit["path"]>

test.for<{
  section: string
  name: string
  reason: string
  alter: (path: Path, scene: Scene, next: GroupState) => Path
}>([
  {
    section: "12.4.2",
    name: "is too short",
    reason: "path-of-wrong-length",
    alter: (path) => ({ ...path, nodes: path.nodes.slice(0, -1) }),
  },
  {
    section: "12.4.2",
    name: "is too long",
    reason: "path-of-wrong-length",
    alter: (path, { erin }) => ({
      ...path,
      nodes: [...path.nodes, { encryptionKey: erin.keyPackage.keyPackage.initKey, encryptedPathSecret: [] }],
    }),
  },
  {
    section: "12.4.2",
    name: "lacks a ciphertext",
    reason: "path-of-wrong-length",
    alter: (path) => withNode(path, { encryptedPathSecret: [] }),
  },
  {
    section: "12.4.2",
    name: "reuses the key of another member",
    reason: "path-key-reused",
    alter: (path, { bob }) => withNode(path, { encryptionKey: encryptionKeyOf(bob) }),
  },
  {
    section: "12.4.2",
    name: "keeps the committer's old leaf key",
    reason: "path-key-reused",
    alter: (path, { mls, alice }) => {
      const encryptionKey = encryptionKeyOf(alice)
      return { ...path, leafNode: resigned(mls, alice, { ...path.leafNode, encryptionKey }) }
    },
  },
  {
    section: "5.1.1",
    name: "has a key of small order",
    reason: "invalid-public-key",
    alter: (path) => withNode(path, { encryptionKey: new Uint8Array(32) }),
  },
  {
    section: "7.9.2",
    name: "has a key that its leaf's parent hash does not cover",
    reason: "parent-hash-mismatch",
    alter: (path, { erin }) => withNode(path, { encryptionKey: erin.keyPackage.keyPackage.initKey }),
  },
  {
    section: "7.3",
    name: "has a leaf that is no commit's",
    reason: "wrong-leaf-source",
    alter: (path, { mls, alice }) => ({
      ...path,
      leafNode: resigned(mls, alice, { ...path.leafNode, source: { kind: "update" } }),
    }),
  },
  {
    section: "7.3",
    name: "has a leaf signed for another place",
    reason: "bad-signature",
    alter: (path, { mls, alice }) => ({ ...path, leafNode: resigned(mls, alice, path.leafNode, 3) }),
  },
  {
    section: "5.3.1",
    name: "changes the credential to one that may not follow",
    reason: "credential-rejected",
    alter: (path, { mls, alice }) => {
      const credential = { kind: "basic", identity: utf8("mallory") } as const
      return { ...path, leafNode: resigned(mls, alice, { ...path.leafNode, credential }) }
    },
  },
  {
    section: "7.5",
    name: "has a broken ciphertext",
    reason: "undecryptable",
    alter: (path) => withNode(path, { encryptedPathSecret: [{ kemOutput: utf8("x"), ciphertext: utf8("y") }] }),
  },
  {
    section: "7.5",
    name: "holds a secret that does not give its public keys",
    reason: "path-key-mismatch",
    alter: (path, { mls, alice, bob }, next) => {
      const context = encodeGroupContext({ ...next, confirmedTranscriptHash: alice.confirmedTranscriptHash })
      const secret = new Uint8Array(32)
      const sealed = encryptWithLabel(mls, encryptionKeyOf(bob), "UpdatePathNode", context, secret)
      return withNode(path, { encryptedPathSecret: [sealed] })
    },
  },
  {
    section: "12.4.2",
    name: "is right, but the confirmation tag is not",
    reason: "bad-confirmation-tag",
    alter: (path) => path,
  },
])("RFC 9420, $section: a commit whose path $name is refused", ({ section, name, reason, alter }, { expect: see }) => {
  const stage = scene(name)
  const { mls, alice, bob } = stage
  const judge: MlsContext = {
    ...mls,
    authenticate: (credential, _, previous) =>
      previous === undefined || JSON.stringify(credential) === JSON.stringify(previous)
        ? undefined
        : "another identity",
  }
  const made = createCommit(mls, alice, { proposals: [], now: NOW })
  if (made.kind !== "ok") throw new Error(made.reason)
  expect(receive(judge, bob, made.commit).kind).toBe("commit")
  const forged = alterCommit(mls, alice, made.commit, ({ proposals, path }) => ({
    proposals,
    path: path && alter(path, stage, made.next),
  }))
  see(receive(judge, bob, forged)).toEqual({ kind: "refused", reason, section: `RFC 9420, ${section}` })
})

test("RFC 9420, 7.5: who lacks the key of a parent above it refuses the path, and breaks nothing", () => {
  const { mls, alice, carol } = scene("no key")
  const made = createCommit(mls, alice, { proposals: [], now: NOW })
  if (made.kind !== "ok") throw new Error(made.reason)
  const own = 2 * carol.state.ownLeafIndex
  const privateKeys = new Map([...carol.state.privateKeys].filter(([index]) => index === own))
  expect(privateKeys.size).toBe(1)
  expect(receive(mls, carol.state, made.commit).kind).toBe("commit")
  expect(receive(mls, { ...carol.state, privateKeys }, made.commit)).toEqual({
    kind: "refused",
    reason: "undecryptable",
    section: "RFC 9420, 7.5",
  })
})

test("RFC 9420, 5.1.3: nothing is encrypted to what is no public key", () => {
  const { mls, bob } = scene("no public key")
  const encrypt = (publicKey: Uint8Array) =>
    encryptWithLabel(mls, publicKey, "UpdatePathNode", utf8(""), utf8("a secret"))
  expect(encrypt(encryptionKeyOf(bob)).ciphertext).toHaveLength(8 + 16)
  for (const publicKey of [new Uint8Array(32), new Uint8Array(31)]) {
    expect(() => encrypt(publicKey)).toThrow("invalid-public-key")
  }
})

function withNode(path: Path, change: Partial<Path["nodes"][number]>): Path {
  return { ...path, nodes: path.nodes.map((node, i) => (i === 0 ? { ...node, ...change } : node)) }
}

function resigned(mls: MlsContext, state: GroupState, leaf: Path["leafNode"], leafIndex = state.ownLeafIndex) {
  const position = { groupId: state.groupId, leafIndex }
  return signLeafNode(mls.crypto, state.signatureKeys.privateKey, leaf, position)
}
