import { equalBytes } from "@starling/kernel"

import type { MlsContext } from "./context.ts"
import { requireCredentialsSupported } from "./credential-support.ts"
import type { GroupContext } from "./group-context.ts"
import { requireHpkeKey } from "./labelled-crypto.ts"
import { validateLeafNode } from "./leaf-node-validation.ts"
import { parentHashesAreValid } from "./parent-hash.ts"
import type { ParentNode } from "./parent-node.ts"
import { filledBranches, leaves, subtreeAt, type RatchetTree } from "./ratchet-tree.ts"
import { refuse } from "./refusal.ts"
import { treeHash } from "./tree-hash.ts"
import { decodingOnce } from "./subtree.ts"
import { covers } from "./tree-math.ts"

/**
 * RFC 9420, 12.4.3.1: whether a tree that somebody else made is that of the group and well formed. The dear checks come
 * last. That no key occurs twice was seen when the tree was read. `now` in seconds since 1970, if lifetimes matter.
 */
export function validateTree(mls: MlsContext, tree: RatchetTree, context: GroupContext, now: bigint | undefined): void {
  if (!equalBytes(treeHash(mls.crypto, tree.root), context.treeHash)) refuse("tree-hash-mismatch", "12.4.3.1")
  if (!unmergedLeavesAreValid(tree)) refuse("unmerged-leaf-invalid", "12.4.3.1")
  if (!parentHashesAreValid(mls.crypto, tree)) refuse("parent-hash-mismatch", "7.9.2")
  requireCredentialsSupported(tree.root)
  for (const { node } of filledBranches(tree.root)) requireHpkeKey(mls.crypto, node.encryptionKey)
  for (const { leafIndex, node } of leaves(tree.root)) {
    validateLeafNode(mls, node, {
      source: node.source.kind,
      position: { groupId: context.groupId, leafIndex },
      groupExtensions: context.extensions,
      now,
    })
  }
}

/**
 * RFC 9420, 12.4.3.1: each unmerged leaf of a parent is a member below it, and each non-blank parent in between lists it
 * too. The reverse does not hold: a parent set by a later commit lists fewer leaves than the parents below it.
 */
export function unmergedLeavesAreValid(tree: RatchetTree): boolean {
  return decodingOnce(() => areUnmergedLeavesValid(tree))
}

function areUnmergedLeavesValid(tree: RatchetTree): boolean {
  for (const { branch, node } of filledBranches(tree.root)) {
    const { index } = branch
    for (const leafIndex of node.unmergedLeaves) {
      if (!covers(index, 2 * leafIndex) || subtreeAt(tree, 2 * leafIndex)?.encoded === undefined) return false
      if (!listedBelow(tree, index, leafIndex)) return false
    }
  }
  return true
}

function listedBelow(tree: RatchetTree, index: number, leafIndex: number): boolean {
  let at = subtreeAt(tree, index)
  while (at?.kind === "branch") {
    const { node } = at
    if (node !== undefined && !listsUnmerged(node, leafIndex)) return false
    at = 2 * leafIndex < at.index ? at.left : at.right
  }
  return true
}

/** Whether the leaf is unmerged in a parent above it. Binary search: a hostile tree may list every leaf in every parent. */
export function listsUnmerged(node: ParentNode, leafIndex: number): boolean {
  let low = 0
  let high = node.unmergedLeaves.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((node.unmergedLeaves[middle] ?? 0) < leafIndex) low = middle + 1
    else high = middle
  }
  return node.unmergedLeaves[low] === leafIndex
}
