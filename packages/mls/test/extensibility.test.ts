import { utf8 } from "@starling/kernel"
import {
  createCommit,
  createGroup,
  createGroupInfo,
  createKeyPackage,
  join,
  joinExternally,
  readKeyPackage,
  type GroupState,
  type MlsContext,
  type OwnKeyPackage,
} from "@starling/mls"
import { decodeMlsMessage, leafAt, type LeafNode } from "@starling/mls/rfc9420"
import { expect, test } from "vitest"

import { Story } from "./story.ts"
import { client, NOW, world } from "./world.ts"

const UNKNOWN = 0x0b0b

function isGrease(value: number): boolean {
  return value >> 8 === (value & 0xff) && (value & 0x0f) === 0x0a && value < 0xfafa
}

function leafOf(state: GroupState, leafIndex = state.ownLeafIndex): LeafNode {
  const leaf = leafAt(state.tree, leafIndex)
  if (leaf === undefined) throw new Error("no leaf")
  return leaf
}

/** How often something that others must ignore stands in each place of a leaf. */
function greaseIn({ capabilities, extensions }: LeafNode): readonly number[] {
  const { versions, ciphersuites, proposals, credentials } = capabilities
  const types = extensions.map(({ type }) => type)
  return [versions, ciphersuites, capabilities.extensions, proposals, credentials, types].map(
    (values) => values.filter(isGrease).length,
  )
}

test("RFC 9420, 13.5: GREASE stands where it may, wherever it is asked for, and nobody minds", () => {
  const mls = world("grease")
  const story = new Story(mls, "alice")
  const { credential, signatureKeys, lifetime } = client(mls, "bob")
  const keyPackage = createKeyPackage(mls, { credential, signatureKeys, lifetime, grease: true })
  expect(greaseIn(keyPackage.keyPackage.leafNode)).toEqual([0, 1, 1, 1, 1, 1])
  expect(keyPackage.keyPackage.extensions.map(({ type }) => isGrease(type))).toEqual([true])
  expect(readKeyPackage(mls, keyPackage.message, NOW).kind).toBe("ok")
  const made = createCommit(mls, story.state("alice"), {
    proposals: [{ kind: "add", keyPackage: keyPackage.keyPackage }],
    grease: true,
    now: NOW,
  })
  if (made.kind !== "ok" || made.welcome === undefined) throw new Error("no Welcome")
  const joined = join(mls, { welcome: made.welcome, keyPackage, signatureKeys })
  if (joined.kind !== "joined") throw new Error(joined.reason)
  expect(joined.groupInfoExtensions.filter(({ type }) => isGrease(type))).toHaveLength(1)
  const renewed = createCommit(mls, joined.state, { proposals: [], now: NOW })
  if (renewed.kind !== "ok") throw new Error(renewed.reason)
  expect(greaseIn(leafOf(renewed.next))).toEqual([0, 1, 1, 1, 1, 1])

  const erin = client(mls, "erin")
  const groupInfo = createGroupInfo(mls, made.next, { externalPub: true, grease: true })
  const entered = joinExternally(mls, { ...erin, groupInfo, grease: true })
  if (entered.kind !== "joined") throw new Error(entered.reason)
  expect(greaseIn(leafOf(entered.state))).toEqual([0, 1, 1, 1, 1, 1])
  expect(entered.state.extensions).toEqual([])
  const founded = createGroup(mls, { ...erin, groupId: utf8("g"), grease: true })
  expect(greaseIn(leafOf(founded))).toEqual([0, 1, 1, 1, 1, 1])
})

test("RFC 9420, 13.5: GREASE is drawn from the injected source, and stands nowhere unless asked for", () => {
  const make = (mls: MlsContext, grease: boolean): OwnKeyPackage => {
    const { credential, signatureKeys, lifetime } = client(mls, "bob")
    return createKeyPackage(mls, { credential, signatureKeys, lifetime, grease })
  }
  expect(make(world("same"), true)).toEqual(make(world("same"), true))
  const values = ["1", "2", "3", "4"].map((seed) => make(world(seed), true).keyPackage.extensions[0]?.type)
  expect(new Set(values).size).toBeGreaterThan(1)
  const plain = make(world("same"), false).keyPackage
  expect(greaseIn(plain.leafNode)).toEqual([0, 0, 0, 0, 0, 0])
  expect(plain.extensions).toEqual([])
})

test("RFC 9420, 7.2: a client lists the suites that it has beside that of its context, each once", () => {
  const mls = world("suites")
  const { credential, signatureKeys, lifetime } = client(mls, "alice")
  const supportedCiphersuites = [3, 1]
  const { keyPackage } = createKeyPackage(mls, { credential, signatureKeys, lifetime, supportedCiphersuites })
  expect(keyPackage.leafNode.capabilities).toEqual({
    versions: [1],
    ciphersuites: [1, 3],
    extensions: [],
    proposals: [],
    credentials: [1, 2],
  })
})

test("RFC 9420, 13.4: extensions that nobody here knows are kept as they are, and passed on", () => {
  const mls = world("unknown extensions")
  const extensions = [{ type: UNKNOWN, data: utf8("of a later time") }]
  const supportedExtensions = [UNKNOWN]
  const { credential, signatureKeys, lifetime } = client(mls, "alice")
  const alice = { credential, signatureKeys, lifetime, supportedExtensions }
  const group = createGroup(mls, { ...alice, groupId: utf8("g"), extensions, leafExtensions: extensions })
  const bob = client(mls, "bob", { supportedExtensions })
  const keyPackage = createKeyPackage(mls, { ...bob, supportedExtensions, extensions })
  const made = createCommit(mls, group, {
    proposals: [{ kind: "add", keyPackage: keyPackage.keyPackage }],
    groupInfoExtensions: extensions,
    path: true,
    now: NOW,
  })
  if (made.kind !== "ok" || made.welcome === undefined) throw new Error("no Welcome")
  const joined = join(mls, { welcome: made.welcome, keyPackage, signatureKeys: bob.signatureKeys })
  if (joined.kind !== "joined") throw new Error(joined.reason)
  expect(joined.groupInfoExtensions).toContainEqual(extensions[0])
  expect(joined.state.extensions).toEqual(extensions)
  expect(leafOf(joined.state, 0).extensions).toEqual(extensions)
  const read = decodeMlsMessage(keyPackage.message)
  expect(read).toMatchObject({ kind: "ok", value: { keyPackage: { extensions } } })
})

test("RFC 9420, 13.4: a list of our own never has two extensions of one type", () => {
  const mls = world("twice")
  const alice = client(mls, "alice")
  const twice = [1, 2].map((i) => ({ type: 1, data: Uint8Array.of(i) }))
  const group = createGroup(mls, { ...alice, groupId: utf8("g") })
  const proposals = [{ kind: "group-context-extensions", extensions: twice }] as const
  expect(() => createGroup(mls, { ...alice, groupId: utf8("g"), extensions: twice })).toThrow(RangeError)
  expect(() => createKeyPackage(mls, { ...alice, extensions: twice })).toThrow(RangeError)
  expect(() => createKeyPackage(mls, { ...alice, leafExtensions: twice })).toThrow(RangeError)
  expect(() => createGroupInfo(mls, group, { extensions: twice })).toThrow(RangeError)
  expect(() => createGroupInfo(mls, group, { extensions: [{ type: 2, data: utf8("") }] })).toThrow(RangeError)
  expect(() => createCommit(mls, group, { proposals, now: NOW })).toThrow(RangeError)
  expect(() => createCommit(mls, group, { proposals: [], groupInfoExtensions: twice, now: NOW })).toThrow(RangeError)
})
