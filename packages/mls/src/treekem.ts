import { equalBytes, type Bytes } from "@starling/kernel"

import type { MlsContext } from "./context.ts"
import type { CryptoProvider, KeyPair, SignatureKeyPair } from "./crypto-provider.ts"
import { draw } from "./draw.ts"
import { decryptWithLabel, deriveSecret, drawKeyPair, encryptWithLabel, requireHpkeKey } from "./labelled-crypto.ts"
import { signLeafNode, type LeafProfile } from "./leaf-node.ts"
import { parentHash } from "./parent-hash.ts"
import type { ParentNode } from "./parent-node.ts"
import {
  filteredDirectPath,
  hasEncryptionKey,
  resolution,
  setPath,
  type PathStep,
  type RatchetTree,
} from "./ratchet-tree.ts"
import { refuse } from "./refusal.ts"
import { treeHash } from "./tree-hash.ts"
import { covers } from "./tree-math.ts"
import type { UpdatePath } from "./update-path.ts"

/** Private keys by the array index of their node. */
export type PrivateKeys = ReadonlyMap<number, Bytes>

/** A tree to put a path into: that of the epoch with a commit's proposals applied. */
export interface PathPlace {
  readonly tree: RatchetTree
  /** Of the committer. */
  readonly leafIndex: number
  /** Leaves that the same commit adds: their path secret stands in the Welcome. */
  readonly addedLeaves: ReadonlySet<number>
  /** The encoded GroupContext of the next epoch, but with the transcript hash of this one (RFC 9420, 7.6). */
  readonly groupContext: (treeHash: Bytes) => Bytes
}

export interface CreatedPath {
  readonly path: UpdatePath
  readonly tree: RatchetTree
  readonly privateKeys: PrivateKeys
  /** By the array index of the parent. */
  readonly pathSecrets: ReadonlyMap<number, Bytes>
  readonly commitSecret: Bytes
}

/** RFC 9420, 7.4 to 7.6: fresh keys for a leaf and its filtered direct path. */
export function createPath(
  mls: MlsContext,
  place: PathPlace,
  profile: LeafProfile,
  groupId: Bytes,
  signatureKeys: SignatureKeyPair,
): CreatedPath {
  const { crypto } = mls
  const { tree, leafIndex } = place
  const steps = filteredDirectPath(tree, leafIndex)
  const leafKeys = drawKeyPair(mls, "leaf encryption key")
  let pathSecret = draw(mls, crypto.suite.hashLength, "path secret")
  const fresh = steps.map((step) => {
    const made = { step, pathSecret, keys: pathKeyPair(crypto, pathSecret) }
    pathSecret = deriveSecret(crypto, pathSecret, "path")
    return made
  })
  const parents = pathNodes(
    crypto,
    steps,
    fresh.map(({ keys }) => keys.publicKey),
  )
  const leafNode = signLeafNode(
    crypto,
    signatureKeys.privateKey,
    { ...profile, encryptionKey: leafKeys.publicKey, source: { kind: "commit", parentHash: parents.leafParentHash } },
    { groupId, leafIndex },
  )
  const after = setPath(tree, leafIndex, leafNode, parents.nodes)
  const context = place.groupContext(treeHash(crypto, after.root))
  const nodes = fresh.map((made) => ({
    encryptionKey: made.keys.publicKey,
    encryptedPathSecret: recipients(tree, made.step, place.addedLeaves).map((key) =>
      encryptWithLabel(mls, key.recipientKey, "UpdatePathNode", context, made.pathSecret),
    ),
  }))
  return {
    path: { leafNode, nodes },
    tree: after,
    privateKeys: new Map([
      [2 * leafIndex, leafKeys.privateKey],
      ...fresh.map(({ step, keys }) => [step.branch.index, keys.privateKey] as const),
    ]),
    pathSecrets: new Map(fresh.map((made) => [made.step.branch.index, made.pathSecret])),
    commitSecret: pathSecret,
  }
}

/** RFC 9420, 7.5 and 12.4.2: the tree with somebody's path, as far as public keys go. `path.leafNode` is valid by itself. */
export function mergePath(crypto: CryptoProvider, place: PathPlace, path: UpdatePath): RatchetTree {
  const { tree, leafIndex } = place
  const steps = filteredDirectPath(tree, leafIndex)
  if (steps.length !== path.nodes.length) refuse("path-of-wrong-length", "12.4.2")
  steps.forEach((step, i) => {
    const expected = recipients(tree, step, place.addedLeaves).length
    if (path.nodes[i]?.encryptedPathSecret.length !== expected) refuse("path-of-wrong-length", "12.4.2")
  })
  const keys = path.nodes.map((node) => node.encryptionKey)
  if ([path.leafNode.encryptionKey, ...keys].some((key) => hasEncryptionKey(tree, key))) {
    refuse("path-key-reused", "12.4.2")
  }
  for (const key of keys) requireHpkeKey(crypto, key)
  const { nodes, leafParentHash } = pathNodes(crypto, steps, keys)
  const { source } = path.leafNode
  if (source.kind !== "commit") throw new TypeError("the leaf node of a path is that of a commit")
  if (!equalBytes(source.parentHash, leafParentHash)) refuse("parent-hash-mismatch", "7.9.2")
  return setPath(tree, leafIndex, path.leafNode, nodes)
}

/** RFC 9420, 7.5: what a member learns from somebody's path. `after` is the tree that `mergePath` gave. */
export function openPath(
  crypto: CryptoProvider,
  place: PathPlace,
  path: UpdatePath,
  after: RatchetTree,
  ownLeafIndex: number,
  privateKeys: PrivateKeys,
): { readonly privateKeys: PrivateKeys; readonly commitSecret: Bytes } {
  const steps = filteredDirectPath(place.tree, place.leafIndex)
  const first = steps.findIndex((step) => covers(step.copath.index, 2 * ownLeafIndex))
  const step = steps[first]
  const node = path.nodes[first]
  if (step === undefined || node === undefined) throw new RangeError("a member is below the copath of every other")
  const receivers = recipients(place.tree, step, place.addedLeaves)
  const position = receivers.findIndex((receiver) => privateKeys.has(receiver.index))
  const privateKey = privateKeys.get(receivers[position]?.index ?? -1) ?? refuse("undecryptable", "7.5")
  const sealed = node.encryptedPathSecret[position]
  if (sealed === undefined) throw new RangeError("a path has a ciphertext for each receiver")
  const context = place.groupContext(treeHash(crypto, after.root))
  const pathSecret =
    decryptWithLabel(crypto, privateKey, "UpdatePathNode", context, sealed) ?? refuse("undecryptable", "7.5")
  const publicKeys = path.nodes.map((each) => each.encryptionKey)
  const derived = followPath(crypto, pathSecret, steps.slice(first), publicKeys.slice(first))
  if (derived === undefined) refuse("path-key-mismatch", "7.5")
  return { privateKeys: new Map([...privateKeys, ...derived.privateKeys]), commitSecret: derived.next }
}

/**
 * The private keys of the parents in `steps`, from the path secret of the first; `undefined` where they do not match the
 * public keys. `next` is the secret that follows that of the root.
 */
export function followPath(
  crypto: CryptoProvider,
  pathSecret: Bytes,
  steps: readonly PathStep[],
  publicKeys: readonly Uint8Array[],
): { readonly privateKeys: PrivateKeys; readonly next: Bytes } | undefined {
  const privateKeys = new Map<number, Bytes>()
  let secret = pathSecret
  for (const [i, { branch }] of steps.entries()) {
    const keys = pathKeyPair(crypto, secret)
    const expected = publicKeys[i]
    if (expected === undefined || !equalBytes(keys.publicKey, expected)) return undefined
    privateKeys.set(branch.index, keys.privateKey)
    secret = deriveSecret(crypto, secret, "path")
  }
  return { privateKeys, next: secret }
}

/** RFC 9420, 7.4: the key pair of a parent. */
function pathKeyPair(crypto: CryptoProvider, pathSecret: Uint8Array): KeyPair {
  return crypto.kem.deriveKeyPair(deriveSecret(crypto, pathSecret, "node"))
}

/** RFC 9420, 7.9: the parents of a path with their parent hashes, from the root down, and the hash that the leaf carries. */
function pathNodes(crypto: CryptoProvider, steps: readonly PathStep[], publicKeys: readonly Bytes[]) {
  const nodes = new Map<number, ParentNode>()
  let hash: Bytes = new Uint8Array(0)
  for (const [i, { branch, copath }] of [...steps.entries()].toReversed()) {
    const encryptionKey = publicKeys[i]
    if (encryptionKey === undefined) throw new RangeError("a path has a key for each step")
    const node = { encryptionKey, parentHash: hash, unmergedLeaves: [] }
    nodes.set(branch.index, node)
    hash = parentHash(crypto, node, copath)
  }
  return { nodes, leafParentHash: hash }
}

/** The resolution of a copath child without the leaves that the same commit adds. */
function recipients(
  tree: RatchetTree,
  { copath }: PathStep,
  addedLeaves: ReadonlySet<number>,
): readonly { readonly index: number; readonly recipientKey: Bytes }[] {
  return resolution(tree, copath).filter(({ kind, index }) => kind === "branch" || !addedLeaves.has(index / 2))
}
