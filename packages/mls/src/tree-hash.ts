import type { Bytes } from "@starling/kernel"
import { encode } from "@starling/wire"

import type { CryptoProvider } from "./crypto-provider.ts"
import { writeLeafNode, type LeafNode } from "./leaf-node.ts"
import { writeParentNode } from "./ratchet-tree-bytes.ts"
import type { ParentNode, Subtree } from "./ratchet-tree.ts"
import { covers } from "./tree-math.ts"

const known = new WeakMap<Subtree, Bytes>()

/** RFC 9420, 7.8. Remembered for each subtree, so that a change to a tree costs the hashes on its path alone. */
export function treeHash(crypto: CryptoProvider, subtree: Subtree): Bytes {
  const remembered = known.get(subtree)
  if (remembered !== undefined) return remembered
  const hash =
    subtree.kind === "leaf"
      ? leafHash(crypto, subtree.index, subtree.node)
      : branchHash(crypto, subtree.node, treeHash(crypto, subtree.left), treeHash(crypto, subtree.right))
  known.set(subtree, hash)
  return hash
}

/** RFC 9420, 7.9: the tree hash as it was before `leafIndices` were added. */
export function treeHashWithout(crypto: CryptoProvider, subtree: Subtree, leafIndices: readonly number[]): Bytes {
  const below = leafIndices.filter((leafIndex) => covers(subtree.index, 2 * leafIndex))
  if (below.length === 0) return treeHash(crypto, subtree)
  if (subtree.kind === "leaf") return leafHash(crypto, subtree.index, undefined)
  const { node } = subtree
  const earlier = node && {
    ...node,
    unmergedLeaves: node.unmergedLeaves.filter((leafIndex) => !below.includes(leafIndex)),
  }
  const left = treeHashWithout(crypto, subtree.left, below)
  return branchHash(crypto, earlier, left, treeHashWithout(crypto, subtree.right, below))
}

function leafHash(crypto: CryptoProvider, index: number, leaf: LeafNode | undefined): Bytes {
  return crypto.hash(
    encode(
      (w) =>
        w
          .uint8(1)
          .uint32(index / 2)
          .optional(leaf, writeLeafNode),
      (leaf?.encoded.length ?? 0) + 16,
    ),
  )
}

function branchHash(crypto: CryptoProvider, node: ParentNode | undefined, left: Uint8Array, right: Uint8Array): Bytes {
  return crypto.hash(encode((w) => w.uint8(2).optional(node, writeParentNode).opaque(left).opaque(right)))
}
