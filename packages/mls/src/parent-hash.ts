import { equalBytes, type Bytes } from "@starling/kernel"
import { withEncoded } from "@starling/wire"

import type { CryptoProvider } from "./crypto-provider.ts"
import type { ParentNode } from "./parent-node.ts"
import { filledBranches, resolution, type RatchetTree } from "./ratchet-tree.ts"
import type { Subtree } from "./subtree.ts"
import { treeHashWithout } from "./tree-hash.ts"
import { covers } from "./tree-math.ts"

/** RFC 9420, 7.9: the parent hash that `node` gives to its child across from `sibling`. */
export function parentHash(crypto: CryptoProvider, node: ParentNode, sibling: Subtree): Bytes {
  const originalSiblingHash = treeHashWithout(crypto, sibling, node.unmergedLeaves)
  return withEncoded(
    (w) => w.opaque(node.encryptionKey).opaque(node.parentHash).opaque(originalSiblingHash),
    (input) => crypto.hash(input),
  )
}

/** RFC 9420, 7.9.2: whether each non-blank parent was set by a path from one of its children. */
export function parentHashesAreValid(crypto: CryptoProvider, tree: RatchetTree): boolean {
  for (const {
    node,
    branch: { left, right },
  } of filledBranches(tree.root)) {
    const fromLeft = claims(tree, node, left, () => parentHash(crypto, node, right))
    if (!fromLeft && !claims(tree, node, right, () => parentHash(crypto, node, left))) return false
  }
  return true
}

/**
 * Whether below `child` there is a node D with the expected parent hash, which stood alone in the resolution of `child`
 * when `node` was set: all else in it was added since, and is unmerged in `node`.
 */
function claims(tree: RatchetTree, node: ParentNode, child: Subtree, expected: () => Bytes): boolean {
  const unmerged = new Set(node.unmergedLeaves.filter((leafIndex) => covers(child.index, 2 * leafIndex)))
  const rest = resolution(tree, child).filter((at) => at.kind === "branch" || !unmerged.delete(at.index / 2))
  const [only] = rest
  if (only === undefined || rest.length > 1 || unmerged.size > 0) return false
  const hash = hashGivenTo(only)
  return hash !== undefined && equalBytes(hash, expected())
}

/** The parent hash that a node carries; a leaf carries one only if a commit made it. */
function hashGivenTo(subtree: Subtree): Bytes | undefined {
  if (subtree.kind === "branch") return subtree.node?.parentHash
  const source = subtree.node?.source
  return source?.kind === "commit" ? source.parentHash : undefined
}
