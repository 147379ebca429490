import type { Bytes, Decoded } from "@starling/kernel"
import type { CryptoProvider, MlsContext, Proposal } from "@starling/mls"
import {
  addLeaf,
  createPath,
  deriveSecret,
  encodeGroupContext,
  encodeRatchetTree,
  leafAt,
  leafCount,
  leaves,
  mergePath,
  openPath,
  parentHashesAreValid,
  readProposal,
  readRatchetTree,
  readUpdatePath,
  removeLeaf,
  resolution,
  subtreeAt,
  treeHash,
  treeMath,
  unmergedLeavesAreValid,
  updateLeaf,
  leafSignatureIsValid,
  type RatchetTree,
} from "@starling/mls/rfc9420"
import { decode } from "@starling/wire"

import { seededRandom } from "../world.ts"
import { equal, ok } from "./assertions.ts"
import { asList, type Fields } from "./fields.ts"

export function treeMathIndices(_: CryptoProvider, fields: Fields): void {
  const size = fields.number("n_leaves")
  equal(treeMath.nodeCount(size), fields.number("n_nodes"))
  equal(treeMath.root(size), fields.number("root"))
  for (let node = 0; node < treeMath.nodeCount(size); node++) {
    equal(treeMath.left(node) ?? null, fields.values("left")[node])
    equal(treeMath.right(node) ?? null, fields.values("right")[node])
    equal(treeMath.parent(node, size) ?? null, fields.values("parent")[node])
    equal(treeMath.sibling(node, size) ?? null, fields.values("sibling")[node])
  }
}

export function treeOperations(crypto: CryptoProvider, fields: Fields): void {
  const before = value(decode(fields.bytes("tree_before"), readRatchetTree))
  equal(treeHash(crypto, before.root), fields.bytes("tree_hash_before"))
  const proposal = value(decode(fields.bytes("proposal"), readProposal))
  const after = applied(before, proposal, fields.number("proposal_sender"))
  equal(encodeRatchetTree(after), fields.bytes("tree_after"))
  equal(treeHash(crypto, after.root), fields.bytes("tree_hash_after"))
}

function applied(tree: RatchetTree, proposal: Proposal, sender: number): RatchetTree {
  if (proposal.kind === "add") return addLeaf(tree, proposal.keyPackage.leafNode).tree
  if (proposal.kind === "update") return updateLeaf(tree, sender, proposal.leafNode)
  if (proposal.kind === "remove") return removeLeaf(tree, proposal.leafIndex)
  throw new TypeError(`a tree operation by ${proposal.kind}`)
}

export function treeValidation(crypto: CryptoProvider, fields: Fields): void {
  const tree = value(decode(fields.bytes("tree"), readRatchetTree))
  equal(encodeRatchetTree(tree), fields.bytes("tree"))
  for (const [index, expected] of fields.values("resolutions").entries()) {
    const subtree = subtreeAt(tree, index)
    ok(subtree)
    equal(
      resolution(tree, subtree).map((node) => node.index),
      asList(expected, "resolution"),
    )
    equal(treeHash(crypto, subtree), fields.bytesList("tree_hashes")[index])
  }
  ok(parentHashesAreValid(crypto, tree))
  ok(unmergedLeavesAreValid(tree))
  const groupId = fields.bytes("group_id")
  for (const { leafIndex, node } of leaves(tree.root)) ok(leafSignatureIsValid(crypto, node, { groupId, leafIndex }))
}

export function treekem(crypto: CryptoProvider, fields: Fields): void {
  const groupId = fields.bytes("group_id")
  const tree = value(decode(fields.bytes("ratchet_tree"), readRatchetTree))
  const groupContext = (hash: Bytes) =>
    encodeGroupContext({
      version: 1,
      ciphersuite: crypto.suite.id,
      groupId,
      epoch: BigInt(fields.number("epoch")),
      treeHash: hash,
      confirmedTranscriptHash: fields.bytes("confirmed_transcript_hash"),
      extensions: [],
    })
  const receivers = fields.list("leaves_private").map((leaf) => {
    const privateKeys = new Map([[2 * leaf.number("index"), leaf.privateKey("encryption_priv", crypto.kem.seedLength)]])
    for (const { node, secret } of leaf.list("path_secrets").map(pathSecret)) {
      const keys = crypto.kem.deriveKeyPair(deriveSecret(crypto, secret, "node"))
      equal(keys.publicKey, subtreeAt(tree, node)?.node?.encryptionKey)
      privateKeys.set(node, keys.privateKey)
    }
    return {
      leafIndex: leaf.number("index"),
      privateKeys,
      signatureKey: leaf.privateKey("signature_priv", crypto.signature.seedLength),
    }
  })
  for (const update of fields.list("update_paths")) {
    const sender = update.number("sender")
    const path = value(decode(update.bytes("update_path"), readUpdatePath))
    const place = { tree, leafIndex: sender, addedLeaves: new Set<number>(), groupContext }
    const after = mergePath(crypto, place, path)
    equal(treeHash(crypto, after.root), update.bytes("tree_hash_after"))
    ok(parentHashesAreValid(crypto, after))
    for (const { leafIndex, privateKeys } of receivers.filter((receiver) => receiver.leafIndex !== sender)) {
      const opened = openPath(crypto, place, path, after, leafIndex, privateKeys)
      equal(opened.commitSecret, update.bytes("commit_secret"))
    }
    ownPath(crypto, place, receivers, groupId)
  }
}

/** A path of our own from the same leaf: every receiver gets the same secret out of it. */
function ownPath(
  crypto: CryptoProvider,
  place: Parameters<typeof createPath>[1],
  receivers: readonly {
    readonly leafIndex: number
    readonly privateKeys: ReadonlyMap<number, Bytes>
    readonly signatureKey: Bytes
  }[],
  groupId: Bytes,
): void {
  const mls: MlsContext = { crypto, random: seededRandom("treekem"), authenticate: () => undefined }
  const leaf = leafAt(place.tree, place.leafIndex)
  const sender = receivers.find(({ leafIndex }) => leafIndex === place.leafIndex)
  ok(leaf && sender && place.leafIndex < leafCount(place.tree))
  const keys = { publicKey: leaf.signatureKey, privateKey: sender.signatureKey }
  const created = createPath(mls, place, leaf, groupId, keys)
  const merged = mergePath(crypto, place, created.path)
  equal(encodeRatchetTree(merged), encodeRatchetTree(created.tree))
  for (const { leafIndex, privateKeys } of receivers) {
    if (leafIndex === place.leafIndex) continue
    const opened = openPath(crypto, place, created.path, merged, leafIndex, privateKeys)
    equal(opened.commitSecret, created.commitSecret)
  }
}

function pathSecret(fields: Fields) {
  return { node: fields.number("node"), secret: fields.bytes("path_secret") }
}

function value<T>(decoded: Decoded<T>): T {
  if (decoded.kind !== "ok") throw new Error(decoded.why)
  return decoded.value
}
