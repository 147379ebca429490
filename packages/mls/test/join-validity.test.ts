import { concat, utf8, type Bytes } from "@starling/kernel"
import {
  createCommit,
  join,
  ratchetTreeOf,
  receive,
  requiredCapabilitiesExtension,
  type GroupState,
  type Joining,
  type KeyPackage,
} from "@starling/mls"
import {
  createWelcome,
  decodeMlsMessage,
  decryptWithLabel,
  deriveEpochSecrets,
  derivePskSecret,
  deriveWelcomeSecret,
  encodeGroupContext,
  encodeMlsMessage,
  encryptWithLabel,
  isLeafNode,
  leafAt,
  parentHash,
  readGroupSecrets,
  signLeafNode,
  slotsInOrder,
  subtreeAt,
  treeHash,
  treeOf,
  Branch,
  LeafSlot,
  welcomeKey,
  writeGroupSecrets,
  type LeafNode,
  type ParentNode,
  type PreSharedKeyId,
  type RatchetTree,
  type Subtree,
} from "@starling/mls/rfc9420"
import { decode, encode, type Writer } from "@starling/wire"
import { test } from "vitest"

import { forgeCommit, forgeLeaf } from "./forgery.ts"
import { scene, type Scene } from "./scene.ts"
import { client, NOW, type Client } from "./world.ts"

type Nodes = (LeafNode | ParentNode | undefined)[]

/** What a Welcome is forged of; each test changes one thing in a good one. */
interface Parts {
  readonly next: GroupState
  readonly nodes: Nodes
  readonly added: ReadonlyMap<number, KeyPackage>
  readonly treeHash?: Bytes
  readonly confirmationTag?: Bytes
  /** Puts the first leaf's encryption key, or its signature key, into the third leaf too. */
  readonly twice?: "encryptionKey" | "signatureKey"
  readonly pathSecrets: ReadonlyMap<number, Bytes>
  readonly psks?: readonly PreSharedKeyId[]
}

/** Five members, of whom the last is Erin, with unmerged leaves in the tree. */
function parts(stage: Scene): Parts {
  const { mls, alice, erin } = stage
  const proposals = [{ kind: "add", keyPackage: erin.keyPackage.keyPackage }] as const
  const made = createCommit(mls, alice, { proposals, path: true, now: NOW })
  if (made.kind !== "ok") throw new Error(made.reason)
  const nodes = Array.from(slotsInOrder(made.next.tree.root), ({ node }) => node)
  const pathSecrets = new Map([[7, pathSecretFor(stage, erin, made.welcome)]])
  return { next: made.next, nodes, added: new Map([[4, erin.keyPackage.keyPackage]]), pathSecrets }
}

/** The path secret in a good Welcome to one newcomer. */
function pathSecretFor({ mls }: Scene, { keyPackage }: Client, bytes: Uint8Array = new Uint8Array(0)): Bytes {
  const message = decodeMlsMessage(bytes)
  if (message.kind !== "ok" || message.value.kind !== "welcome") throw new TypeError("no Welcome")
  const { secrets, encryptedGroupInfo } = message.value.welcome
  const opened = secrets.map(({ encryptedGroupSecrets: sealed }) =>
    decryptWithLabel(mls.crypto, keyPackage.initPrivateKey, "Welcome", encryptedGroupInfo, sealed),
  )
  const read = decode(opened[0] ?? new Uint8Array(0), readGroupSecrets)
  if (read.kind !== "ok" || read.value.pathSecret === undefined) throw new TypeError("no path secret")
  return read.value.pathSecret
}

/** A Welcome in which everything agrees with the forged parts. */
function forged({ mls }: Scene, { next, nodes, added, pathSecrets, ...given }: Parts): Bytes {
  const { crypto } = mls
  const tree = given.twice === undefined ? treeOf(nodes) : doubled(treeOf(nodes), given.twice)
  const context = { ...next, treeHash: given.treeHash ?? treeHash(crypto, tree.root) }
  const joinerSecret = crypto.hash(utf8("joiner"))
  const psks = (given.psks ?? []).map((id) => ({ id, key: PSK }))
  const pskSecret = derivePskSecret(crypto, psks)
  const secrets = deriveEpochSecrets(crypto, joinerSecret, pskSecret, encodeGroupContext(context))
  const confirmationTag = given.confirmationTag ?? crypto.hmac(secrets.confirmation, next.confirmedTranscriptHash)
  const epoch = { context, joinerSecret, pskSecret, secrets, confirmationTag }
  return createWelcome(mls, { ...next, tree }, epoch, added, pathSecrets, psks, [])
}

function joining(
  { mls }: Scene,
  { keyPackage, signatureKeys }: Client,
  welcome: Uint8Array,
  options: Partial<Joining> = {},
) {
  return join(mls, { welcome, keyPackage, signatureKeys, ...options })
}

const PSK = utf8("a key")
const NONCE = new Uint8Array(32)

/** What would tie the group to Alice's former one. */
function link(usage: "reinit" | "branch", { groupId, epoch }: GroupState): PreSharedKeyId {
  return { kind: "resumption", usage, groupId, epoch, nonce: NONCE }
}

test("a forged Welcome with nothing wrong in it is good", ({ expect }) => {
  const stage = scene("good")
  expect(joining(stage, stage.erin, forged(stage, parts(stage)))).toMatchObject({ kind: "joined" })
})

test.for<{ section: string; name: string; reason: string; change: (parts: Parts, scene: Scene) => Parts }>([
  {
    section: "12.4.3.1",
    name: "whose tree hash is another",
    reason: "tree-hash-mismatch",
    change: (good) => ({ ...good, treeHash: new Uint8Array(32) }),
  },
  {
    section: "12.4.3.1",
    name: "whose confirmation tag is wrong",
    reason: "bad-confirmation-tag",
    change: (good) => ({ ...good, confirmationTag: new Uint8Array(32) }),
  },
  {
    section: "12.4.3.1",
    name: "signed by a blank leaf",
    reason: "inviter-missing",
    change: (good) => ({ ...good, next: { ...good.next, ownLeafIndex: 6 } }),
  },
  {
    section: "12.4.3.1",
    name: "signed by another than it says",
    reason: "bad-signature",
    change: (good) => ({ ...good, next: { ...good.next, ownLeafIndex: 1 } }),
  },
  {
    section: "12.4.3.1",
    name: "with a path secret that gives other keys",
    reason: "path-secret-mismatch",
    change: (good) => ({ ...good, pathSecrets: new Map([[7, new Uint8Array(32)]]) }),
  },
  {
    section: "12.4.3.1",
    name: "without the path secret that the new member needs",
    reason: "path-secret-missing",
    change: (good) => ({ ...good, pathSecrets: new Map() }),
  },
  {
    section: "12.4.3.1",
    name: "whose tree lacks the new member",
    reason: "own-leaf-missing",
    change: (good) => ({ ...good, nodes: good.nodes.slice(0, 7) }),
  },
  {
    section: "12.4.3.1",
    name: "with an unmerged leaf that is blank",
    reason: "unmerged-leaf-invalid",
    change: (good) => ({ ...good, nodes: withParent(good.nodes, 7, { unmergedLeaves: [6] }) }),
  },
  {
    section: "12.4.3.1",
    name: "with an unmerged leaf that is not below its parent",
    reason: "unmerged-leaf-invalid",
    change: (good) => ({ ...good, nodes: withParent(good.nodes, 1, { unmergedLeaves: [3] }) }),
  },
  {
    section: "12.4.3.1",
    name: "with an unmerged leaf that a parent in between does not list",
    reason: "unmerged-leaf-invalid",
    change: (good) => ({ ...good, nodes: withParent(good.nodes, 3, { unmergedLeaves: [1] }) }),
  },
  {
    section: "7.9.2",
    name: "with a parent hash that nothing below answers to",
    reason: "parent-hash-mismatch",
    change: (good) => ({ ...good, nodes: withParent(good.nodes, 3, { parentHash: new Uint8Array(32) }) }),
  },
  {
    section: "7.9.2",
    name: "with a parent that nobody set",
    reason: "parent-hash-mismatch",
    change: (good, { mls }) => {
      const { publicKey } = mls.crypto.kem.deriveKeyPair(utf8("a key that a stranger holds"))
      return { ...good, nodes: good.nodes.with(9, parentOf(publicKey)) }
    },
  },
  {
    section: "7.9.2",
    name: "with a parent that a member below it was left out of",
    reason: "parent-hash-mismatch",
    change: (good, { mls, alice }) => {
      const [parent, leaf] = [good.nodes[3], good.nodes[0]]
      const sibling = subtreeAt(treeOf(good.nodes), 5)
      if (parent === undefined || isLeafNode(parent) || leaf === undefined || !isLeafNode(leaf) || !sibling)
        throw new RangeError("no path of Alice's")
      const source = { kind: "commit", parentHash: parentHash(mls.crypto, parent, sibling) } as const
      const position = { groupId: alice.groupId, leafIndex: 0 }
      const signed = signLeafNode(mls.crypto, alice.signatureKeys.privateKey, { ...leaf, source }, position)
      return { ...good, nodes: good.nodes.with(0, signed).with(1, undefined) }
    },
  },
  {
    section: "7.9.2",
    name: "with a parent above nobody",
    reason: "parent-hash-mismatch",
    change: (good, { mls }) => {
      const { publicKey } = mls.crypto.kem.deriveKeyPair(utf8("a key that a stranger holds"))
      return { ...good, nodes: good.nodes.with(13, parentOf(publicKey)) }
    },
  },
  {
    section: "5.1.1",
    name: "with a parent whose key is of small order",
    reason: "invalid-public-key",
    change: (good, { mls, carol }) => {
      const parent = parentOf(new Uint8Array(32))
      const sibling = subtreeAt(treeOf(good.nodes), 6)
      if (sibling === undefined) throw new RangeError("no leaf beside Carol's")
      const source = { kind: "commit", parentHash: parentHash(mls.crypto, parent, sibling) } as const
      const leaf = forgeLeaf(mls.crypto, carol.client, { source }, { groupId: good.next.groupId, leafIndex: 2 })
      return { ...good, nodes: withoutParents(good.nodes).with(5, parent).with(4, leaf) }
    },
  },
  {
    section: "7.3",
    name: "in which somebody does not support the credentials in use",
    reason: "credential-not-supported",
    change: (good, { mls, carol }) => {
      const { capabilities } = carol.client.keyPackage.keyPackage.leafNode
      const dated = forgeLeaf(mls.crypto, carol.client, { capabilities: { ...capabilities, credentials: [1] } })
      const credential = { kind: "x509", certificates: [utf8("a certificate")] } as const
      const modern = forgeLeaf(mls.crypto, client(mls, "frank"), { credential })
      return { ...good, nodes: withoutParents(good.nodes).with(4, dated).with(6, modern) }
    },
  },
  {
    section: "7.3",
    name: "with a leaf that its member did not sign",
    reason: "bad-signature",
    change: (good, { mls, carol }) => {
      const signatureKey = carol.client.keyPackage.keyPackage.initKey
      const leaf = forgeLeaf(mls.crypto, carol.client, { signatureKey })
      return { ...good, nodes: withoutParents(good.nodes).with(4, leaf) }
    },
  },
  {
    section: "12.4.3.1",
    name: "of another suite",
    reason: "unsupported-ciphersuite",
    change: (good) => ({ ...good, next: { ...good.next, ciphersuite: 3 } }),
  },
  {
    section: "8.4",
    name: "with a PSK that is not known",
    reason: "unknown-psk",
    change: (good) => ({ ...good, psks: [{ kind: "external", id: utf8("id"), nonce: NONCE }] }),
  },
  {
    section: "12.1.4",
    name: "with a PSK whose nonce is too short",
    reason: "invalid-psk",
    change: (good) => ({ ...good, psks: [{ kind: "external", id: utf8("id"), nonce: utf8("nonce") }] }),
  },
  {
    section: "12.4.3.1",
    name: "that ties the group to two others",
    reason: "invalid-psk",
    change: (good, { alice }) => ({ ...good, psks: [link("reinit", alice), link("branch", alice)] }),
  },
  {
    section: "12.4.3.1",
    name: "that ties the group to one that is not at hand",
    reason: "former-group-missing",
    change: (good, { alice }) => ({ ...good, psks: [link("branch", alice)] }),
  },
  {
    section: "13.4",
    name: "to a group with an extension that members do not support",
    reason: "extension-not-supported",
    change: (good) => ({ ...good, next: { ...good.next, extensions: [{ type: 0xf000, data: NONCE }] } }),
  },
  {
    section: "11.1",
    name: "to a group that requires what members do not have",
    reason: "required-capability-missing",
    change: (good) => {
      const extension = requiredCapabilitiesExtension({ extensions: [0xf000], proposals: [], credentials: [] })
      return { ...good, next: { ...good.next, extensions: [extension] } }
    },
  },
  {
    section: "12.4.3.3",
    name: "whose tree has unmerged leaves that do not ascend",
    reason: "malformed",
    change: (good) => ({ ...good, nodes: withParent(good.nodes, 3, { unmergedLeaves: [1, 0] }) }),
  },
  {
    section: "12.4.3.3",
    name: "whose tree has an unmerged leaf twice",
    reason: "malformed",
    change: (good) => ({ ...good, nodes: withParent(good.nodes, 3, { unmergedLeaves: [1, 1] }) }),
  },
  {
    section: "12.4.3.1",
    name: "of another version",
    reason: "unsupported-version",
    change: (good) => ({ ...good, next: { ...good.next, version: 2 } }),
  },
])("RFC 9420, $section: a Welcome $name is refused", ({ section, name, reason, change }, { expect }) => {
  const stage = scene(name)
  const welcome = forged(stage, change(parts(stage), stage))
  expect(joining(stage, stage.erin, welcome)).toEqual({ kind: "refused", reason, section: `RFC 9420, ${section}` })
})

test("RFC 9420, 8.1: who joins the last epoch there can be refuses to go on from it", ({ expect }) => {
  const stage = scene("last epoch")
  const { mls, carol } = stage
  const good = parts(stage)
  const welcome = forged(stage, { ...good, next: { ...good.next, epoch: 2n ** 64n - 1n } })
  const joined = joining(stage, stage.erin, welcome)
  if (joined.kind !== "joined") throw new Error(joined.reason)
  const { state } = joined
  const refused = { kind: "refused", reason: "no-epoch-left", section: "RFC 9420, 8.1" }
  expect(createCommit(mls, state, { proposals: [], now: NOW })).toEqual(refused)
  const { ownLeafIndex, signatureKeys } = carol.state
  const commit = forgeCommit(mls, { ...state, ownLeafIndex, signatureKeys }, [{ kind: "remove", leafIndex: 1 }])
  expect(receive(mls, state, commit)).toEqual(refused)
})

test("RFC 9420, 12.4.3.1: a Welcome for others, of other bytes, or of another kind is refused", ({ expect }) => {
  const stage = scene("others")
  const welcome = forged(stage, parts(stage))
  expect(joining(stage, stage.carol.client, welcome)).toMatchObject({ reason: "not-for-this-key-package" })
  const damaged = welcome.with(welcome.length - 1, (welcome.at(-1) ?? 0) ^ 1)
  expect(joining(stage, stage.erin, damaged)).toMatchObject({ reason: "undecryptable" })
  expect(joining(stage, stage.erin, welcome.subarray(1))).toMatchObject({ reason: "malformed" })
  expect(joining(stage, stage.erin, stage.erin.keyPackage.message)).toMatchObject({ reason: "unexpected-wire-format" })
})

test.for([
  { key: "encryptionKey", reason: "duplicate-encryption-key" },
  { key: "signatureKey", reason: "duplicate-signature-key" },
] as const)("RFC 9420, 7.3: a Welcome whose tree has one $key twice is refused", ({ key, reason }, { expect }) => {
  const stage = scene(key)
  const welcome = forged(stage, { ...parts(stage), twice: key })
  expect(joining(stage, stage.erin, welcome)).toEqual({ kind: "refused", reason, section: "RFC 9420, 7.3" })
})

test("RFC 9420, 12.4.3.1: a Welcome and the key package that it is for are of the joiner's suite", ({ expect }) => {
  const stage = scene("suites")
  const welcome = forged(stage, parts(stage))
  const refused = { kind: "refused", reason: "unsupported-ciphersuite", section: "RFC 9420, 12.4.3.1" }
  expect(joining(stage, stage.erin, welcome.with(5, 3))).toEqual(refused)
  const { keyPackage } = stage.erin
  const ofAnother = { ...keyPackage, keyPackage: { ...keyPackage.keyPackage, ciphersuite: 3 } }
  expect(joining(stage, stage.erin, welcome, { keyPackage: ofAnother })).toEqual(refused)
  expect(joining(stage, stage.erin, welcome.with(5, 3), { keyPackage: ofAnother })).toEqual(refused)
})

test("RFC 9420, 12.4.3.1: a Welcome whose secrets or GroupInfo can't be read is refused", ({ expect }) => {
  const stage = scene("unreadable")
  const { mls, erin } = stage
  const decoded = decodeMlsMessage(forged(stage, parts(stage)))
  if (decoded.kind !== "ok" || decoded.value.kind !== "welcome") throw new TypeError("no Welcome")
  const { welcome } = decoded.value
  const { initKey } = erin.keyPackage.keyPackage
  const joinerSecret = mls.crypto.hash(utf8("another joiner secret"))
  const secrets = (w: Writer) => writeGroupSecrets(w, { joinerSecret, pathSecret: undefined, psks: [] })
  const { key, nonce } = welcomeKey(mls.crypto, deriveWelcomeSecret(mls.crypto, joinerSecret, new Uint8Array(32)))
  const noGroupInfo = mls.crypto.aead.seal(key, nonce, utf8(""), utf8("no GroupInfo"))
  const sealed = (encryptedGroupInfo: Bytes, plaintext: Bytes) => {
    const encryptedGroupSecrets = encryptWithLabel(mls, initKey, "Welcome", encryptedGroupInfo, plaintext)
    const entries = [{ newMember: erin.keyPackage.reference, encryptedGroupSecrets }]
    return encodeMlsMessage({ kind: "welcome", welcome: { ...welcome, secrets: entries, encryptedGroupInfo } })
  }
  const reasonOf = (bytes: Bytes) => joining(stage, erin, bytes)
  expect(reasonOf(sealed(welcome.encryptedGroupInfo, utf8("no secrets")))).toMatchObject({ reason: "malformed" })
  expect(reasonOf(sealed(welcome.encryptedGroupInfo, encode(secrets)))).toMatchObject({ reason: "undecryptable" })
  expect(reasonOf(sealed(noGroupInfo, encode(secrets)))).toMatchObject({ reason: "malformed" })
})

test("RFC 9420, 12.4.3: a group that one is in already is not joined again", ({ expect }) => {
  const stage = scene("already")
  const good = parts(stage)
  const asked: Bytes[] = []
  const isInGroup = (groupId: Bytes) => asked.push(groupId) === 1
  const welcome = forged(stage, good)
  expect(joining(stage, stage.erin, welcome, { isInGroup })).toEqual({
    kind: "refused",
    reason: "already-in-group",
    section: "RFC 9420, 12.4.3",
  })
  expect(joining(stage, stage.erin, welcome, { isInGroup }).kind).toBe("joined")
  expect(asked).toEqual([good.next.groupId, good.next.groupId])
})

test("RFC 9420, 7.3: a joiner looks at the lifetimes of members if asked to", ({ expect }) => {
  const stage = scene("lifetimes of members")
  const welcome = forged(stage, parts(stage))
  const now = stage.erin.lifetime.notAfter + 1n
  expect(joining(stage, stage.erin, welcome, { now }).kind).toBe("joined")
  expect(joining(stage, stage.erin, welcome, { now, checkLifetimes: true })).toMatchObject({ reason: "lifetime" })
})

test.for(["reinit", "branch"] as const)("RFC 9420, 12.4.3.1: a $0 begins in epoch 1", (usage, { expect }) => {
  const stage = scene(`epoch of a ${usage}`)
  const { alice, erin } = stage
  const reinit = { ...alice, kind: "reinit" } as const
  const former = { state: { ...alice, keys: { ...alice.keys, resumption: PSK }, reinit }, isSameMember: () => true }
  const good = { ...parts(stage), psks: [link(usage, alice)] }
  const inEpoch = (epoch: bigint) => forged(stage, { ...good, next: { ...good.next, epoch } })
  expect(joining(stage, erin, inEpoch(1n), { former })).toMatchObject({ kind: "joined", link: usage })
  expect(joining(stage, erin, inEpoch(2n), { former })).toEqual({
    kind: "refused",
    reason: "former-group-mismatch",
    section: usage === "reinit" ? "RFC 9420, 11.2" : "RFC 9420, 11.3",
  })
})

test("RFC 9420, 12.4.3.3: a tree from beside is held to the GroupInfo, and does not end in a blank node", ({
  expect,
}) => {
  const stage = scene("tree from beside")
  const { mls, alice, bob, erin } = stage
  const proposals = [{ kind: "add", keyPackage: erin.keyPackage.keyPackage }] as const
  const made = createCommit(mls, alice, { proposals, ratchetTree: false, now: NOW })
  if (made.kind !== "ok" || made.welcome === undefined) throw new Error("no Welcome")
  const { welcome } = made
  const ratchetTree = ratchetTreeOf(made.next)
  expect(joining(stage, erin, welcome, { ratchetTree }).kind).toBe("joined")
  expect(joining(stage, erin, welcome)).toMatchObject({ reason: "no-ratchet-tree" })
  const another = { ratchetTree: ratchetTreeOf(bob) }
  expect(joining(stage, erin, welcome, another)).toMatchObject({ reason: "tree-hash-mismatch" })
  const nodes = decode(ratchetTree, (r) => r.nested((inner) => inner.fixed(inner.left)))
  if (nodes.kind !== "ok") throw new Error(nodes.why)
  const trailing = encode((w) => w.opaque(concat(nodes.value, new Uint8Array(1))))
  const leaf = erin.keyPackage.keyPackage.leafNode.encoded
  const leafAsParent = encode((w) => w.nested((inner) => inner.uint8(0).uint8(1).uint8(1).fixed(leaf)))
  for (const tree of [trailing, leafAsParent, utf8("no tree")]) {
    expect(joining(stage, erin, welcome, { ratchetTree: tree })).toEqual({
      kind: "refused",
      reason: "malformed",
      section: "RFC 9420, 12.4.3.3",
    })
  }
})

test("RFC 9420, 5.3.1: every credential in the tree is judged", ({ expect }) => {
  const stage = scene("judged")
  const welcome = forged(stage, parts(stage))
  const judged: string[] = []
  const mls = {
    ...stage.mls,
    authenticate: (credential: LeafNode["credential"]) => {
      const name = credential.kind === "basic" ? new TextDecoder().decode(credential.identity) : ""
      judged.push(name)
      return name === "dave" ? "not trusted" : undefined
    },
  }
  expect(joining({ ...stage, mls }, stage.erin, welcome)).toMatchObject({ reason: "credential-rejected" })
  expect(judged).toEqual(["alice", "bob", "carol", "dave"])
})

function withParent(nodes: Nodes, index: number, change: Partial<ParentNode>): Nodes {
  const node = nodes[index]
  if (node === undefined || isLeafNode(node)) throw new RangeError(`no parent at ${index}`)
  return nodes.with(index, { ...node, ...change })
}

function parentOf(encryptionKey: Bytes): ParentNode {
  return { encryptionKey, parentHash: new Uint8Array(0), unmergedLeaves: [] }
}

function withoutParents(nodes: Nodes): Nodes {
  return nodes.map((node) => (node !== undefined && isLeafNode(node) ? node : undefined))
}

/** A tree that no reader would accept: its index of keys is that of the good one. */
function doubled(tree: RatchetTree, key: "encryptionKey" | "signatureKey"): RatchetTree {
  const first = leafAt(tree, 0)
  const replace = (at: Subtree): Subtree => {
    if (at.kind === "branch") return new Branch(at.index, at.encoded, replace(at.left), replace(at.right))
    const { node } = at
    if (at.index !== 4 || node === undefined || first === undefined) return at
    const changed = { ...node, [key]: first[key] }
    const encoded = encode((w) => w.opaque(changed.encryptionKey).opaque(changed.signatureKey))
    return new LeafSlot(at.index, concat(encoded, node.encoded.subarray(encoded.length)))
  }
  return { ...tree, root: replace(tree.root) }
}
