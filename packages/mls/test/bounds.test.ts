import { concat, utf8, type Bytes } from "@starling/kernel"
import {
  changedParts,
  createCommit,
  createKeyPackage,
  join,
  protect,
  readKeyPackage,
  receive,
  stateOfParts,
  type Proposal,
} from "@starling/mls"
import {
  addLeaf,
  encodeMlsMessage,
  hasEncryptionKey,
  KeyIndex,
  keyHash,
  LeafSlot,
  treeOfEncoded,
} from "@starling/mls/rfc9420"
import { encode } from "@starling/wire"
import { expect, test } from "vitest"

import { forgeCommit, forgeKeyPackage, propose } from "./forgery.ts"
import { scene } from "./scene.ts"
import { expectKind, Story } from "./story.ts"
import { client, NOW, world } from "./world.ts"

test("a commit of references that are no hashes, or of more proposals than a group has leaves, is not decoded", () => {
  const { mls, alice, bob } = scene("too many")
  const message = forgeCommit(mls, alice, [])
  expect(receive(mls, bob, message)).toMatchObject({ reason: "path-required" })
  const many = Array.from({ length: 0x10001 }, (): Proposal => ({ kind: "remove", leafIndex: 1 }))
  expect(receive(mls, bob, forgeCommit(mls, alice, many))).toMatchObject({ reason: "malformed" })
  const head = encode((w) => {
    w.uint16(1).uint16(1).opaque(utf8("any group")).uint64(0n).uint8(1).uint32(0).opaque(new Uint8Array(0)).uint8(3)
  })
  const withReferences = (length: number) => {
    const references = Array.from({ length: 1000 }, () => new Uint8Array(length))
    const tag = new Uint8Array(32)
    return encode((w) => {
      w.fixed(head).vector(references, (each, reference) => each.uint8(2).opaque(reference))
      w.uint8(0).opaque(new Uint8Array(64)).opaque(tag).opaque(tag)
    })
  }
  expect(receive(mls, bob, withReferences(32))).toMatchObject({ reason: "wrong-group" })
  for (const length of [0, 31, 33])
    expect(receive(mls, bob, withReferences(length))).toMatchObject({ reason: "malformed" })
})

test.for([
  { count: 0x10000, reason: "invalid-psk" },
  { count: 0xffff, reason: "unknown-psk" },
])("RFC 9420, 8.4: PSKs are counted in a uint16, so a commit of $count is refused: $reason", ({ count, reason }) => {
  const { mls, alice, bob } = scene("many PSKs")
  const proposals = Array.from({ length: count }, (_, i): Proposal => {
    const nonce = encode((w) => w.fixed(new Uint8Array(28)).uint32(i))
    return { kind: "psk", id: { kind: "external", id: utf8("psk"), nonce } }
  })
  const commit = forgeCommit(mls, alice, proposals)
  expect(receive(mls, bob, commit)).toEqual({ kind: "refused", reason, section: "RFC 9420, 8.4" })
})

test("capabilities that list hundreds of credential types are not decoded", () => {
  const { mls, erin } = scene("long lists")
  const { capabilities } = erin.keyPackage.keyPackage.leafNode
  const read = (length: number) => {
    const credentials = Array.from({ length }, (_, i) => i + 1)
    const keyPackage = forgeKeyPackage(mls.crypto, erin, { capabilities: { ...capabilities, credentials } })
    return readKeyPackage(mls, encodeMlsMessage({ kind: "key-package", keyPackage }), NOW)
  }
  expect(read(256).kind).toBe("ok")
  expect(read(257)).toMatchObject({ reason: "malformed" })
})

test("a tree of keys that were chosen to be alike is refused before it costs time", () => {
  const leaves = alikeKeys(17).map((encryptionKey, i) => {
    const leaf = encode((w) => w.opaque(encryptionKey).opaque(encode((v) => v.uint32(i), 32)))
    return new LeafSlot(2 * i, leaf)
  })
  const nodes = leaves.flatMap(({ encoded }) => [encoded && ({ kind: "leaf", encoded } as const), undefined])
  expect(() => treeOfEncoded(nodes)).toThrow("too-many-alike")
  const sixteen = treeOfEncoded(nodes.slice(0, 32))
  expect(sixteen.root.members).toBe(16)
  const [last] = leaves.slice(-1)
  expect(hasEncryptionKey(sixteen, leaves[0]?.encryptionKey ?? new Uint8Array(0))).toBe(true)
  expect(hasEncryptionKey(sixteen, last?.encryptionKey ?? new Uint8Array(0))).toBe(false)
  const { leafNode } = scene("one by one").erin.keyPackage.keyPackage
  expect(addLeaf(sixteen, leafNode).leafIndex).toBe(16)
  expect(() => addLeaf(sixteen, { ...leafNode, encoded: last?.encoded ?? new Uint8Array(0) })).toThrow("too-many-alike")
})

test("an index of keys reaches every place, whatever the hash", () => {
  const entries = Array.from({ length: 4000 }, (_, i) => [Math.imul(i, 0x9e3779b1) & 0x3fffffff, i])
  const index = KeyIndex.of(entries.flat())
  for (const [hash = 0, node = 0] of entries) expect(index.nodes(hash)).toContain(node)
})

test("what is public of a state has no secret in its allocation, and neither has the resumption PSK", () => {
  const { alice } = scene("one allocation each")
  const secrets = Object.values(alice.keys)
  for (const bytes of [alice.epochAuthenticator, alice.contextBytes, alice.treeHash, alice.confirmationTag]) {
    for (const secret of secrets) expect(bytes.buffer).not.toBe(secret.buffer)
  }
})

test("wiping a key package that was used, or what was stored, harms no state", () => {
  const { mls, alice, erin } = scene("own copies")
  const proposals = [{ kind: "add", keyPackage: erin.keyPackage.keyPackage }] as const
  const made = createCommit(mls, alice, { proposals, now: NOW })
  if (made.kind !== "ok" || made.welcome === undefined) throw new Error("no Welcome")
  const { keyPackage, signatureKeys } = erin
  const joined = join(mls, { welcome: made.welcome, keyPackage, signatureKeys })
  if (joined.kind !== "joined") throw new Error(joined.reason)
  keyPackage.encryptionPrivateKey.fill(0)
  const parts = new Map<string, Bytes>()
  for (const { name, value } of changedParts(undefined, joined.state)) if (value !== undefined) parts.set(name, value)
  const restored = stateOfParts(parts)
  for (const value of parts.values()) value.fill(0)
  if (restored.kind !== "ok" || !("secretTree" in restored.value)) throw new Error("not restored")
  const update = createCommit(mls, made.next, { proposals: [], now: NOW })
  if (update.kind !== "ok") throw new Error(update.reason)
  expectKind(receive(mls, restored.value, update.commit), "commit")
  expectKind(receive(mls, joined.state, protect(mls, made.next, utf8("hello")).message), "application")
})

test("lifetimes are not checked against no time, and keys of somebody else do not join", () => {
  const { mls, alice, bob, erin, carol } = scene("misuse")
  const proposals = [{ kind: "add", keyPackage: erin.keyPackage.keyPackage }] as const
  const made = createCommit(mls, alice, { proposals, now: NOW })
  if (made.kind !== "ok" || made.welcome === undefined) throw new Error("no Welcome")
  expect(() => receive(mls, bob, made.commit, { checkLifetimes: true })).toThrow(RangeError)
  const { welcome } = made
  const { keyPackage, signatureKeys } = erin
  expect(() => join(mls, { welcome, keyPackage, signatureKeys, checkLifetimes: true })).toThrow(RangeError)
  expect(() => join(mls, { welcome, keyPackage, signatureKeys: carol.client.signatureKeys })).toThrow(RangeError)
})

test("a source of randomness that gives less than it was asked for makes no key", () => {
  const mls = world("a good source")
  const own = client(mls, "somebody")
  const broken = { ...mls, random: { draw: () => new Uint8Array(0) } }
  expect(() => createKeyPackage(broken, own)).toThrow(RangeError)
})

test("a state whose stored proposals cannot be read is malformed", () => {
  const story = new Story(world("unreadable"), "alice")
  story.add("alice", "bob", "carol")
  const { mls } = story
  const proposal = propose(mls, story.state("carol"), { kind: "remove", leafIndex: 0 })
  const state = expectKind(receive(mls, story.state("bob"), proposal), "proposal").next
  const parts = new Map<string, Bytes>()
  for (const { name, value } of changedParts(undefined, state)) if (value !== undefined) parts.set(name, value)
  const [count, stored] = [parts.get("proposals"), parts.get("proposal/0")]
  if (count === undefined || stored === undefined) throw new Error("not stored")
  for (let i = 0; i < stored.length; i++) {
    const altered = new Map(parts).set("proposal/0", stored.with(i, 0xee))
    expect(["ok", "malformed"]).toContain(stateOfParts(altered).kind)
  }
  for (const bytes of [stored.subarray(1), concat(stored, count)]) {
    expect(stateOfParts(new Map(parts).set("proposal/0", bytes)).kind).toBe("malformed")
  }
  for (const bytes of [[], [2], [0x40, 1], [1, 1], [0xbf, 0xff, 0xff, 0xff], [0xee]]) {
    expect(stateOfParts(new Map(parts).set("proposals", Uint8Array.from(bytes))).kind).toBe("malformed")
  }
})

test("a state with tens of thousands of kept keys is stored", () => {
  const story = new Story(world("kept keys"), "alice")
  story.add("alice", "bob")
  const { mls } = story
  const state = story.state("bob")
  const key = { key: new Uint8Array(16), nonce: new Uint8Array(12) }
  const ratchet = {
    secret: new Uint8Array(32),
    generation: 200_000,
    skipped: new Map(Array.from({ length: 150_000 }, (_, i) => [i, key] as const)),
  }
  const leaf = { kind: "leaf", application: ratchet, handshake: { ...ratchet, skipped: new Map() } } as const
  const secretTree = { kind: "split", left: leaf, right: { kind: "secret", secret: new Uint8Array(32) } } as const
  expect(changedParts(undefined, { ...state, secretTree }).length).toBeGreaterThan(150_000)
  expect(mls.crypto.suite.id).toBe(1)
})

/** Keys of one hash, as somebody finds them who knows how it is made: block by block, two that lead to one state. */
function alikeKeys(count: number): readonly Bytes[] {
  const mixed = (state: number, block: Uint8Array): number => {
    let hash = state
    for (const byte of block) hash = Math.imul(hash ^ byte, 0x5bd1e995) ^ (hash >>> 15)
    return hash
  }
  let [state, keys] = [BLOCKS * 4, [new Uint8Array(0)]]
  for (let stage = 0; stage < BLOCKS; stage++) {
    const seen = new Map<number, Bytes>()
    for (let i = 0; ; i++) {
      const block = encode((w) => w.uint32(i))
      const next = mixed(state, block)
      const twin = seen.get(next)
      seen.set(next, block)
      if (twin === undefined) continue
      keys = keys.flatMap((key) => [concat(key, block), concat(key, twin)])
      state = next
      break
    }
  }
  expect(new Set(keys.map(keyHash)).size).toBe(1)
  return keys.slice(0, count)
}

const BLOCKS = 5
