import type { Bytes } from "@starling/kernel"

import { addKey, deleteKey, hasKey, type KeySet } from "./key-set.ts"
import type { LeafNode } from "./leaf-node.ts"
import { MAX_LEAVES } from "./limits.ts"
import { refuse } from "./refusal.ts"
import { level } from "./tree-math.ts"

/** RFC 9420, 7.1. */
export interface ParentNode {
  readonly encryptionKey: Bytes
  readonly parentHash: Bytes
  /** Leaf indices, ascending. */
  readonly unmergedLeaves: readonly number[]
}

/** A node with all below it. `index` is its place in the array of RFC 9420, appendix C; `members` counts non-blank leaves. */
export type Subtree = LeafSlot | Branch

export interface LeafSlot {
  readonly kind: "leaf"
  readonly index: number
  readonly node: LeafNode | undefined
  readonly members: number
}

export interface Branch {
  readonly kind: "branch"
  readonly index: number
  readonly node: ParentNode | undefined
  readonly left: Subtree
  readonly right: Subtree
  readonly members: number
}

/** RFC 9420, 7: a value; each change shares what it leaves alone. */
export interface RatchetTree {
  readonly root: Subtree
  /** The encryption keys of all nodes. */
  readonly encryptionKeys: KeySet
  /** The signature keys of all leaves. */
  readonly signatureKeys: KeySet
}

/** A parent on the way up from a leaf, with its child that is not on that way. */
export interface PathStep {
  readonly branch: Branch
  readonly copath: Subtree
}

export function leafCount(tree: RatchetTree): number {
  return tree.root.index + 1
}

/** The node with array index `index`, or `undefined` outside of the tree. */
export function subtreeAt(tree: RatchetTree, index: number): Subtree | undefined {
  let at = tree.root
  if (!Number.isInteger(index) || index < 0 || index > 2 * tree.root.index) return undefined
  while (at.index !== index) {
    if (at.kind === "leaf") return undefined
    at = index < at.index ? at.left : at.right
  }
  return at
}

/** The leaf node there, or `undefined` where the leaf is blank or outside of the tree. */
export function leafAt(tree: RatchetTree, leafIndex: number): LeafNode | undefined {
  const at = subtreeAt(tree, 2 * leafIndex)
  return at?.kind === "leaf" ? at.node : undefined
}

/** Non-blank leaves in order. */
export function* leaves(subtree: Subtree): Generator<{ readonly leafIndex: number; readonly node: LeafNode }> {
  if (subtree.members === 0) return
  if (subtree.kind === "branch") {
    yield* leaves(subtree.left)
    yield* leaves(subtree.right)
  } else if (subtree.node !== undefined) {
    yield { leafIndex: subtree.index / 2, node: subtree.node }
  }
}

/** The parents of a leaf, the lowest first. */
export function directPath(tree: RatchetTree, leafIndex: number): readonly PathStep[] {
  const steps: PathStep[] = []
  let at = tree.root
  while (at.kind === "branch") {
    const isLeft = 2 * leafIndex < at.index
    steps.push({ branch: at, copath: isLeft ? at.right : at.left })
    at = isLeft ? at.left : at.right
  }
  return steps.toReversed()
}

/** RFC 9420, 4.1.2: the direct path without parents whose copath child has an empty resolution. */
export function filteredDirectPath(tree: RatchetTree, leafIndex: number): readonly PathStep[] {
  return directPath(tree, leafIndex).filter((step) => step.copath.members > 0)
}

/** RFC 9420, 4.1.1: the nodes that together cover all members below `subtree`. */
export function resolution(tree: RatchetTree, subtree: Subtree): readonly Subtree[] {
  const found: Subtree[] = []
  const visit = (at: Subtree): void => {
    if (at.members === 0) return
    if (at.node !== undefined) found.push(at)
    if (at.kind === "leaf") return
    if (at.node === undefined) {
      visit(at.left)
      visit(at.right)
      return
    }
    for (const leafIndex of at.node.unmergedLeaves) {
      const leaf = subtreeAt(tree, 2 * leafIndex)
      if (leaf !== undefined) found.push(leaf)
    }
  }
  visit(subtree)
  return found
}

/** RFC 9420, 7.7: puts `leaf` into the leftmost blank leaf, doubling the tree where there is none. */
export function addLeaf(tree: RatchetTree, leaf: LeafNode): { readonly tree: RatchetTree; readonly leafIndex: number } {
  const { tree: roomy, leafIndex } = leafToJoin(tree)
  const root = rewrite(roomy.root, leafIndex, leaf, (branch) => {
    return branch.node && { ...branch.node, unmergedLeaves: inserted(branch.node.unmergedLeaves, leafIndex) }
  })
  return { tree: withLeafKeys({ ...roomy, root }, leaf), leafIndex }
}

/** RFC 9420, 12.4.3.2: the leftmost blank leaf, doubling the tree where there is none. */
export function leafToJoin(tree: RatchetTree): { readonly tree: RatchetTree; readonly leafIndex: number } {
  const root = tree.root.members < leafCount(tree) ? tree.root : doubled(tree.root)
  return { tree: root === tree.root ? tree : { ...tree, root }, leafIndex: leftmostBlank(root) }
}

/** RFC 9420, 12.1.2: replaces a leaf and blanks its direct path. */
export function updateLeaf(tree: RatchetTree, leafIndex: number, leaf: LeafNode): RatchetTree {
  const bare = withoutPathKeys(tree, leafIndex)
  return withLeafKeys({ ...bare, root: rewrite(tree.root, leafIndex, leaf, () => undefined) }, leaf)
}

/** RFC 9420, 12.1.3: blanks a leaf and its direct path, and halves the tree while its right half is empty. */
export function removeLeaf(tree: RatchetTree, leafIndex: number): RatchetTree {
  const bare = withoutPathKeys(tree, leafIndex)
  return { ...bare, root: truncated(rewrite(tree.root, leafIndex, undefined, () => undefined)) }
}

/** RFC 9420, 7.5: replaces a leaf and its direct path; parents that `nodes` lacks become blank. */
export function setPath(
  tree: RatchetTree,
  leafIndex: number,
  leaf: LeafNode,
  nodes: ReadonlyMap<number, ParentNode>,
): RatchetTree {
  const bare = withoutPathKeys(tree, leafIndex)
  const root = rewrite(tree.root, leafIndex, leaf, (branch) => nodes.get(branch.index))
  const withLeaf = withLeafKeys({ ...bare, root }, leaf)
  let { encryptionKeys } = withLeaf
  for (const node of nodes.values()) encryptionKeys = addUnique(encryptionKeys, node.encryptionKey)
  return { ...withLeaf, encryptionKeys }
}

/** A tree of the given nodes in array order, blank ones as `undefined`, without regard to validity. */
export function treeOf(nodes: readonly (LeafNode | ParentNode | undefined)[]): RatchetTree {
  let width = 1
  while (2 * width - 1 < nodes.length) width *= 2
  const root = build(nodes, 0, width)
  let encryptionKeys: KeySet = undefined
  let signatureKeys: KeySet = undefined
  for (const node of nodes) {
    if (node === undefined) continue
    encryptionKeys = addUnique(encryptionKeys, node.encryptionKey)
    if (isLeafNode(node)) signatureKeys = addUniqueSignatureKey(signatureKeys, node.signatureKey)
  }
  return { root, encryptionKeys, signatureKeys }
}

/** The nodes in array order. */
export function* nodesInOrder(subtree: Subtree): Generator<LeafNode | ParentNode | undefined> {
  if (subtree.kind === "leaf") {
    yield subtree.node
  } else {
    yield* nodesInOrder(subtree.left)
    yield subtree.node
    yield* nodesInOrder(subtree.right)
  }
}

export function isLeafNode(node: LeafNode | ParentNode): node is LeafNode {
  return "signatureKey" in node
}

/** Every subtree that has a parent node of its own, from the bottom up. */
export function* filledBranches(subtree: Subtree): Generator<Branch & { readonly node: ParentNode }> {
  if (subtree.kind === "leaf") return
  yield* filledBranches(subtree.left)
  yield* filledBranches(subtree.right)
  if (subtree.node !== undefined) yield { ...subtree, node: subtree.node }
}

function leafSlot(index: number, node: LeafNode | undefined): LeafSlot {
  return { kind: "leaf", index, node, members: node === undefined ? 0 : 1 }
}

function branchOf(index: number, node: ParentNode | undefined, left: Subtree, right: Subtree): Branch {
  return { kind: "branch", index, node, left, right, members: left.members + right.members }
}

/** Rebuilds the way from the root down to a leaf; `parent` says what becomes of the parents on it. */
function rewrite(
  at: Subtree,
  leafIndex: number,
  leaf: LeafNode | undefined,
  parent: (branch: Branch) => ParentNode | undefined,
): Subtree {
  if (at.kind === "leaf") return leafSlot(at.index, leaf)
  const isLeft = 2 * leafIndex < at.index
  const left = isLeft ? rewrite(at.left, leafIndex, leaf, parent) : at.left
  const right = isLeft ? at.right : rewrite(at.right, leafIndex, leaf, parent)
  return branchOf(at.index, parent(at), left, right)
}

function doubled(root: Subtree): Branch {
  const width = root.index + 1
  if (width >= MAX_LEAVES) refuse("group-full", "7.7")
  return branchOf(width * 2 - 1, undefined, root, build([], 2 * width, width))
}

function truncated(root: Subtree): Subtree {
  return root.kind === "branch" && root.right.members === 0 ? truncated(root.left) : root
}

/** `width` leaves whose first has array index `from`. */
function build(nodes: readonly (LeafNode | ParentNode | undefined)[], from: number, width: number): Subtree {
  if (width === 1) {
    const node = nodes[from]
    if (node !== undefined && !isLeafNode(node)) refuse("malformed", "12.4.3.3")
    return leafSlot(from, node)
  }
  const index = from + width - 1
  const node = nodes[index]
  if (node !== undefined && isLeafNode(node)) refuse("malformed", "12.4.3.3")
  return branchOf(index, node, build(nodes, from, width / 2), build(nodes, index + 1, width / 2))
}

function leftmostBlank(at: Subtree): number {
  if (at.kind === "leaf") return at.index / 2
  return leftmostBlank(at.left.members < 2 ** level(at.left.index) ? at.left : at.right)
}

function inserted(ascending: readonly number[], value: number): readonly number[] {
  const at = ascending.findIndex((other) => other > value)
  return ascending.toSpliced(at < 0 ? ascending.length : at, 0, value)
}

function withoutPathKeys(tree: RatchetTree, leafIndex: number): RatchetTree {
  let { encryptionKeys, signatureKeys } = tree
  const leaf = leafAt(tree, leafIndex)
  if (leaf !== undefined) {
    encryptionKeys = deleteKey(encryptionKeys, leaf.encryptionKey)
    signatureKeys = deleteKey(signatureKeys, leaf.signatureKey)
  }
  for (const { branch } of directPath(tree, leafIndex)) {
    if (branch.node !== undefined) encryptionKeys = deleteKey(encryptionKeys, branch.node.encryptionKey)
  }
  return { ...tree, encryptionKeys, signatureKeys }
}

function withLeafKeys(tree: RatchetTree, leaf: LeafNode): RatchetTree {
  return {
    ...tree,
    encryptionKeys: addUnique(tree.encryptionKeys, leaf.encryptionKey),
    signatureKeys: addUniqueSignatureKey(tree.signatureKeys, leaf.signatureKey),
  }
}

function addUnique(keys: KeySet, key: Bytes): KeySet {
  return hasKey(keys, key) ? refuse("duplicate-encryption-key", "7.3") : addKey(keys, key)
}

function addUniqueSignatureKey(keys: KeySet, key: Bytes): KeySet {
  return hasKey(keys, key) ? refuse("duplicate-signature-key", "7.3") : addKey(keys, key)
}
