import { utf8, type Bytes } from "@starling/kernel"
import {
  createCommit,
  createKeyPackage,
  receive,
  type Capabilities,
  type KeyPackage,
  type Proposal,
  type ReceivedCommit,
} from "@starling/mls"
import { encode } from "@starling/wire"
import { expect, test } from "vitest"

import { alterCommit, alterKeyPackage, forgeCommit, forgeKeyPackage, forgeLeaf, propose } from "./forgery.ts"
import { encryptionKeyOf, scene, type Scene } from "./scene.ts"
import { expectKind } from "./story.ts"
import { client, NOW, type Client } from "./world.ts"

const NONCE = new Uint8Array(32)
const GCE: Proposal = { kind: "group-context-extensions", extensions: [] }
const PSK: Proposal = { kind: "psk", id: { kind: "external", id: utf8("psk"), nonce: NONCE } }
const REINIT = {
  kind: "reinit",
  groupId: utf8("anew"),
  version: 1,
  ciphersuite: 1,
  extensions: [],
} as const satisfies Proposal

const able = (of: Client, change: Partial<Capabilities>): Capabilities => ({
  ...of.keyPackage.keyPackage.leafNode.capabilities,
  ...change,
})
const remove = (leafIndex: number): Proposal => ({ kind: "remove", leafIndex })
const add = (keyPackage: KeyPackage): Proposal => ({ kind: "add", keyPackage })

test.for<{ section: string; name: string; reason: string; proposals: (scene: Scene) => readonly Proposal[] }>([
  {
    section: "12.2",
    name: "an Update by the committer",
    reason: "update-by-committer",
    proposals: ({ mls, carol }) => [{ kind: "update", leafNode: forgeLeaf(mls.crypto, carol.client, {}) }],
  },
  {
    section: "12.2",
    name: "a Remove of the committer",
    reason: "remove-of-committer",
    proposals: () => [remove(0)],
  },
  {
    section: "12.2",
    name: "two Removes of one leaf",
    reason: "two-proposals-for-one-leaf",
    proposals: () => [remove(2), remove(2)],
  },
  {
    section: "12.2",
    name: "two Adds of one client",
    reason: "client-added-twice",
    proposals: ({ erin }) => [add(erin.keyPackage.keyPackage), add(erin.keyPackage.keyPackage)],
  },
  {
    section: "12.2",
    name: "the same PSK twice",
    reason: "duplicate-psk",
    proposals: () => [PSK, PSK],
  },
  {
    section: "12.2",
    name: "two GroupContextExtensions",
    reason: "two-group-context-extensions",
    proposals: () => [GCE, GCE],
  },
  {
    section: "12.2",
    name: "a ReInit beside another proposal",
    reason: "reinit-with-others",
    proposals: () => [REINIT, PSK],
  },
  {
    section: "12.1.5",
    name: "a ReInit to an older version",
    reason: "invalid-reinit",
    proposals: () => [{ ...REINIT, version: 0 }],
  },
  {
    section: "12.2",
    name: "an ExternalInit by a member",
    reason: "external-init-in-member-commit",
    proposals: () => [{ kind: "external-init", kemOutput: NONCE }],
  },
  {
    section: "12.1.3",
    name: "a Remove of a blank leaf",
    reason: "no-such-member",
    proposals: () => [remove(7)],
  },
  {
    section: "12.1.4",
    name: "a PSK whose nonce is too short",
    reason: "invalid-psk",
    proposals: () => [{ kind: "psk", id: { kind: "external", id: utf8("psk"), nonce: utf8("short") } }],
  },
  {
    section: "12.1.4",
    name: "a resumption PSK meant for a branch",
    reason: "invalid-psk",
    proposals: () => [
      { kind: "psk", id: { kind: "resumption", usage: "branch", groupId: utf8("g"), epoch: 1n, nonce: NONCE } },
    ],
  },
  {
    section: "12.4.2",
    name: "nothing at all, without a path",
    reason: "path-required",
    proposals: () => [],
  },
  {
    section: "12.4.2",
    name: "a single Remove without a path",
    reason: "path-required",
    proposals: () => [remove(2)],
  },
  {
    section: "12.4.2",
    name: "a Remove and an Add without a path",
    reason: "path-required",
    proposals: ({ erin }) => [add(erin.keyPackage.keyPackage), remove(2)],
  },
  {
    section: "12.4.2",
    name: "GroupContextExtensions without a path",
    reason: "path-required",
    proposals: () => [GCE],
  },
  {
    section: "10.1",
    name: "an Add of another suite",
    reason: "unsupported-ciphersuite",
    proposals: ({ erin }) => [add(alterKeyPackage(erin.keyPackage.keyPackage, 7))],
  },
  {
    section: "10.1",
    name: "an Add of another version",
    reason: "unsupported-version",
    proposals: ({ erin }) => [add(alterKeyPackage(erin.keyPackage.keyPackage, 5))],
  },
  {
    section: "10.1",
    name: "an Add whose init key is its encryption key",
    reason: "init-key-is-encryption-key",
    proposals: ({ mls, erin }) => [
      add(forgeKeyPackage(mls.crypto, erin, {}, erin.keyPackage.keyPackage.leafNode.encryptionKey)),
    ],
  },
  {
    section: "5.1.1",
    name: "an Add whose init key is of small order",
    reason: "invalid-public-key",
    proposals: ({ mls, erin }) => [add(forgeKeyPackage(mls.crypto, erin, {}, new Uint8Array(32)))],
  },
  {
    section: "5.1.1",
    name: "an Add whose encryption key is of small order",
    reason: "invalid-public-key",
    proposals: ({ mls, erin }) => [add(forgeKeyPackage(mls.crypto, erin, { encryptionKey: new Uint8Array(32) }))],
  },
  {
    section: "5.1.1",
    name: "an Add whose encryption key is too short",
    reason: "invalid-public-key",
    proposals: ({ mls, erin }) => [add(forgeKeyPackage(mls.crypto, erin, { encryptionKey: new Uint8Array(31) }))],
  },
  {
    section: "10.1",
    name: "an Add whose key package is not signed by its leaf",
    reason: "bad-signature",
    proposals: ({ erin }) => [add(alterKeyPackage(erin.keyPackage.keyPackage, erin.keyPackage.message.length - 1))],
  },
  {
    section: "7.3",
    name: "an Add whose leaf is not signed by its key",
    reason: "bad-signature",
    proposals: ({ mls, erin, carol }) => {
      const { signatureKey } = carol.client.keyPackage.keyPackage.leafNode
      return [add(forgeKeyPackage(mls.crypto, erin, { signatureKey }))]
    },
  },
  {
    section: "7.3",
    name: "an Add with a leaf extension that the leaf does not claim to support",
    reason: "extension-not-supported",
    proposals: ({ mls, erin }) => [
      add(forgeKeyPackage(mls.crypto, erin, { extensions: [{ type: 0xf000, data: utf8("") }] })),
    ],
  },
  {
    section: "7.2",
    name: "an Add of somebody who does not claim to support its own credential",
    reason: "credential-not-supported",
    proposals: ({ mls, erin }) => [
      add(forgeKeyPackage(mls.crypto, erin, { capabilities: able(erin, { credentials: [2] }) })),
    ],
  },
  {
    section: "7.3",
    name: "an Add of somebody who does not support the credentials in use",
    reason: "credential-not-supported",
    proposals: ({ mls, erin }) => {
      const credential = { kind: "x509", certificates: [utf8("a certificate")] } as const
      const capabilities = able(erin, { credentials: [2] })
      return [add(forgeKeyPackage(mls.crypto, erin, { capabilities, credential }))]
    },
  },
  {
    section: "7.3",
    name: "an Add of somebody who does not claim to support the group's suite",
    reason: "unsupported-ciphersuite",
    proposals: ({ mls, erin }) => [
      add(forgeKeyPackage(mls.crypto, erin, { capabilities: able(erin, { ciphersuites: [3] }) })),
    ],
  },
  {
    section: "7.3",
    name: "an Add of somebody who does not claim to support the group's version",
    reason: "unsupported-version",
    proposals: ({ mls, erin }) => [
      add(forgeKeyPackage(mls.crypto, erin, { capabilities: able(erin, { versions: [2] }) })),
    ],
  },
  {
    section: "7.3",
    name: "an Add with the signature key of a member",
    reason: "duplicate-signature-key",
    proposals: ({ carol, mls }) => {
      const { encryptionKey } = client(mls, "x").keyPackage.keyPackage.leafNode
      return [add(forgeKeyPackage(mls.crypto, carol.client, { encryptionKey }))]
    },
  },
  {
    section: "7.3",
    name: "an Add with the encryption key of a member",
    reason: "duplicate-encryption-key",
    proposals: ({ mls, erin, bob }) => {
      const encryptionKey = encryptionKeyOf(bob)
      return [add(forgeKeyPackage(mls.crypto, erin, { encryptionKey }))]
    },
  },
  {
    section: "13.4",
    name: "extensions that members do not support",
    reason: "extension-not-supported",
    proposals: () => [{ kind: "group-context-extensions", extensions: [{ type: 0xf000, data: utf8("") }] }],
  },
  {
    section: "11.1",
    name: "required capabilities that members do not have",
    reason: "required-capability-missing",
    proposals: () => [
      { kind: "group-context-extensions", extensions: [{ type: 3, data: requiredCapabilities(0xf000) }] },
    ],
  },
])("RFC 9420, $section: a commit with $name is refused", ({ section, reason, proposals }, { expect: see }) => {
  const { mls, alice, bob, ...rest } = scene(reason)
  const list = proposals({ mls, alice, bob, ...rest })
  const isAboutPath = reason === "path-required"
  const donor = createCommit(mls, alice, { proposals: [], now: NOW })
  if (donor.kind !== "ok") throw new Error(donor.reason)
  const forged = isAboutPath
    ? forgeCommit(mls, alice, list)
    : alterCommit(mls, alice, donor.commit, ({ path }) => ({
        proposals: list.map((proposal) => ({ kind: "proposal", proposal }) as const),
        path,
      }))
  see(receive(mls, bob, forged)).toEqual({ kind: "refused", reason, section: `RFC 9420, ${section}` })
})

test("RFC 9420, 12.2: proposals by reference need to have been received, and Updates renew their sender's leaf", () => {
  const { mls, alice, bob, carol } = scene("by reference")
  const keys = mls.crypto.kem.deriveKeyPair(mls.random.draw(32, "an update"))
  const position = { groupId: carol.state.groupId, leafIndex: carol.state.ownLeafIndex }
  const source = { kind: "update" } as const
  const leafNode = forgeLeaf(mls.crypto, carol.client, { encryptionKey: keys.publicKey, source }, position)
  const proposal = propose(mls, carol.state, { kind: "update", leafNode })
  const committing = expectKind(receive(mls, alice, proposal), "proposal").next
  const made = createCommit(mls, committing, { proposals: [], includePending: true, now: NOW })
  if (made.kind !== "ok") throw new Error(made.reason)
  expect(receive(mls, bob, made.commit)).toMatchObject({ reason: "unknown-proposal", section: "RFC 9420, 12.4.2" })
  const informed = expectKind(receive(mls, bob, proposal), "proposal").next
  const received: ReceivedCommit = expectKind(receive(mls, informed, made.commit), "commit")
  expect(received.next.epochAuthenticator).toEqual(made.next.epochAuthenticator)
  expect(received.updated.map((member) => member.leafIndex)).toEqual([2, 0])
  expect(encryptionKeyOf(received.next, 2)).toEqual(keys.publicKey)
})

test("RFC 9420, 12.1.2: an Update that keeps its encryption key is refused", () => {
  const { mls, alice, carol } = scene("stale update")
  const position = { groupId: carol.state.groupId, leafIndex: carol.state.ownLeafIndex }
  const encryptionKey = encryptionKeyOf(carol.state)
  const leafNode = forgeLeaf(mls.crypto, carol.client, { encryptionKey, source: { kind: "update" } }, position)
  const proposal = propose(mls, carol.state, { kind: "update", leafNode })
  const { next, reference } = expectKind(receive(mls, alice, proposal), "proposal")
  expect(createCommit(mls, next, { proposals: [], references: [reference], now: NOW })).toMatchObject({
    reason: "duplicate-encryption-key",
    section: "RFC 9420, 12.1.2",
  })
})

test("RFC 9420, 7.3: lifetimes are looked at by who adds, and by who receives only if asked to", () => {
  const { mls, alice, bob, erin } = scene("lifetimes")
  const proposals = [{ kind: "add", keyPackage: erin.keyPackage.keyPackage }] as const
  for (const now of [erin.lifetime.notBefore - 1n, erin.lifetime.notAfter + 1n]) {
    expect(createCommit(mls, alice, { proposals, now })).toMatchObject({ reason: "lifetime", section: "RFC 9420, 7.3" })
  }
  expect(createCommit(mls, alice, { proposals, now: erin.lifetime.notBefore }).kind).toBe("ok")
  const made = createCommit(mls, alice, { proposals, now: erin.lifetime.notAfter })
  if (made.kind !== "ok") throw new Error(made.reason)
  const now = erin.lifetime.notAfter + 1n
  expect(receive(mls, bob, made.commit, { now }).kind).toBe("commit")
  expect(receive(mls, bob, made.commit, { now, checkLifetimes: true })).toMatchObject({ reason: "lifetime" })
})

test("RFC 9420, 12.2: a client that is in the group is added anew only where its old leaf is removed", () => {
  const { mls, alice, bob, carol } = scene("anew")
  const { keyPackage } = createKeyPackage(mls, carol.client)
  const again = { kind: "add", keyPackage } as const
  expect(createCommit(mls, alice, { proposals: [again], now: NOW })).toMatchObject({
    reason: "duplicate-signature-key",
  })
  const made = createCommit(mls, alice, { proposals: [again, { kind: "remove", leafIndex: 2 }], now: NOW })
  if (made.kind !== "ok") throw new Error(made.reason)
  const received = expectKind(receive(mls, bob, made.commit), "commit")
  expect(received.added).toEqual(received.removed)
})

test("RFC 9420, 12.1.5: after a ReInit nothing more is committed", () => {
  const { mls, alice, bob } = scene("reinit")
  const proposal = propose(mls, bob, REINIT)
  const committing = expectKind(receive(mls, alice, proposal), "proposal").next
  const made = createCommit(mls, committing, { proposals: [], includePending: true, now: NOW })
  if (made.kind !== "ok") throw new Error(made.reason)
  expect(createCommit(mls, made.next, { proposals: [], now: NOW })).toMatchObject({ reason: "group-reinitialised" })
})

test("RFC 9420, 12.4: a commit of Adds alone needs no path, and has one if asked", () => {
  const { mls, alice, bob, erin } = scene("adds alone")
  const proposals = [{ kind: "add", keyPackage: erin.keyPackage.keyPackage }] as const
  for (const path of [false, true]) {
    const made = createCommit(mls, alice, { proposals, path, now: NOW })
    if (made.kind !== "ok") throw new Error(made.reason)
    expect(expectKind(receive(mls, bob, made.commit), "commit").hasPath).toBe(path)
  }
})

function requiredCapabilities(extension: number): Bytes {
  return encode((w) => {
    w.vector([extension], (v, type) => v.uint16(type))
    w.vector([], () => undefined).vector([], () => undefined)
  })
}

test("RFC 9420, 5.1.1: a key package whose init key is of small order can't be added", () => {
  const { mls, alice, erin } = scene("small order")
  const keyPackage = forgeKeyPackage(mls.crypto, erin, {}, new Uint8Array(32))
  expect(createCommit(mls, alice, { proposals: [{ kind: "add", keyPackage }], now: NOW })).toEqual({
    kind: "refused",
    reason: "invalid-public-key",
    section: "RFC 9420, 5.1.1",
  })
})
