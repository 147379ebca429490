import { equalBytes, type Bytes } from "@starling/kernel"

import { KeyIndex, keyHash } from "./key-index.ts"
import type { LeafNode } from "./leaf-node.ts"
import { MAX_ALIKE, MAX_LEAVES } from "./limits.ts"
import { oneAllocation, totalLength } from "./one-allocation.ts"
import { encodeParentNode, type ParentNode } from "./parent-node.ts"
import { refuse } from "./refusal.ts"
import { Branch, LeafSlot, type Subtree } from "./subtree.ts"
import { level } from "./tree-math.ts"

/** RFC 9420, 7: a value; each change shares what it leaves alone. */
export interface RatchetTree {
  readonly root: Subtree
  /** Of the encryption keys of all nodes. */
  readonly encryptionKeys: KeyIndex
  /** Of the signature keys of all leaves. */
  readonly signatureKeys: KeyIndex
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
  for (const { index, node } of leafSlots(subtree)) if (node !== undefined) yield { leafIndex: index / 2, node }
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
    const isBlank = at.encoded === undefined
    if (!isBlank) found.push(at)
    if (at.kind === "leaf") return
    if (isBlank) {
      visit(at.left)
      visit(at.right)
      return
    }
    for (const leafIndex of at.node?.unmergedLeaves ?? []) {
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
  const root = rewrite(roomy.root, leafIndex, leaf.encoded, (branch) => withUnmerged(branch, leafIndex))
  return { tree: rekeyed(roomy, root, [], [2 * leafIndex]), leafIndex }
}

/** RFC 9420, 12.4.3.2: the leftmost blank leaf, doubling the tree where there is none. */
export function leafToJoin(tree: RatchetTree): { readonly tree: RatchetTree; readonly leafIndex: number } {
  const root = tree.root.members < leafCount(tree) ? tree.root : doubled(tree.root)
  return { tree: root === tree.root ? tree : { ...tree, root }, leafIndex: leftmostBlank(root) }
}

/** RFC 9420, 12.1.2: replaces a leaf and blanks its direct path. */
export function updateLeaf(tree: RatchetTree, leafIndex: number, leaf: LeafNode): RatchetTree {
  const root = rewrite(tree.root, leafIndex, leaf.encoded, () => undefined)
  return rekeyed(tree, root, pathIndices(tree, leafIndex), [2 * leafIndex])
}

/** RFC 9420, 12.1.3: blanks a leaf and its direct path, and halves the tree while its right half is empty. */
export function removeLeaf(tree: RatchetTree, leafIndex: number): RatchetTree {
  const root = truncated(rewrite(tree.root, leafIndex, undefined, () => undefined))
  return rekeyed(tree, root, pathIndices(tree, leafIndex), [])
}

/** RFC 9420, 7.5: replaces a leaf and its direct path; parents that `nodes` lacks become blank. */
export function setPath(
  tree: RatchetTree,
  leafIndex: number,
  leaf: LeafNode,
  nodes: ReadonlyMap<number, ParentNode>,
): RatchetTree {
  const encoded = Array.from(nodes, ([index, node]) => [index, encodeParentNode(node)] as const)
  const keep = oneAllocation(leaf.encoded.length + totalLength(encoded.map(([, bytes]) => bytes)))
  const placed = new Map(encoded.map(([index, bytes]) => [index, keep(bytes)]))
  const root = rewrite(tree.root, leafIndex, keep(leaf.encoded), ({ index }) => placed.get(index))
  return rekeyed(tree, root, pathIndices(tree, leafIndex), [2 * leafIndex, ...nodes.keys()])
}

/** Whether a node of the tree has this encryption key. */
export function hasEncryptionKey(tree: RatchetTree, key: Uint8Array): boolean {
  return tree.encryptionKeys.nodes(keyHash(key)).some((index) => {
    const at = subtreeAt(tree, index)
    return at !== undefined && equalBytes(at.encryptionKey, key)
  })
}

/** What the place of a node holds. */
export interface EncodedNode {
  readonly kind: Subtree["kind"]
  readonly encoded: Bytes
}

/** A tree of the given nodes in array order, blank ones as `undefined`, without regard to validity. */
export function treeOf(nodes: readonly (LeafNode | ParentNode | undefined)[]): RatchetTree {
  return treeOfEncoded(
    nodes.map((node) => {
      if (node === undefined) return undefined
      return isLeafNode(node)
        ? { kind: "leaf", encoded: node.encoded }
        : { kind: "branch", encoded: encodeParentNode(node) }
    }),
  )
}

/** The same of encoded nodes; none of them may have another's key, or stand where its kind can't. */
export function treeOfEncoded(nodes: readonly (EncodedNode | undefined)[]): RatchetTree {
  let width = 1
  while (2 * width - 1 < nodes.length) width *= 2
  const empty = { root: new LeafSlot(0, undefined), encryptionKeys: KeyIndex.of([]), signatureKeys: KeyIndex.of([]) }
  const filled = nodes.flatMap((node, index) => (node === undefined ? [] : [index]))
  return rekeyed(empty, build(nodes, 0, width), [], filled)
}

/** All nodes in array order. */
export function* slotsInOrder(subtree: Subtree): Generator<Subtree> {
  if (subtree.kind === "branch") yield* slotsInOrder(subtree.left)
  yield subtree
  if (subtree.kind === "branch") yield* slotsInOrder(subtree.right)
}

export function isLeafNode(node: LeafNode | ParentNode): node is LeafNode {
  return "signatureKey" in node
}

/** Every subtree that has a parent node of its own, from the bottom up. */
export function* filledBranches(subtree: Subtree): Generator<{ readonly branch: Branch; readonly node: ParentNode }> {
  if (subtree.kind === "leaf") return
  yield* filledBranches(subtree.left)
  yield* filledBranches(subtree.right)
  const { node } = subtree
  if (node !== undefined) yield { branch: subtree, node }
}

/** Their places, in order. */
export function* leafSlots(subtree: Subtree): Generator<LeafSlot> {
  if (subtree.members === 0) return
  if (subtree.kind === "branch") {
    yield* leafSlots(subtree.left)
    yield* leafSlots(subtree.right)
  } else {
    yield subtree
  }
}

/** Rebuilds the way from the root down to a leaf; `parent` says what becomes of the parents on it. */
function rewrite(
  at: Subtree,
  leafIndex: number,
  leaf: Bytes | undefined,
  parent: (branch: Branch) => Bytes | undefined,
): Subtree {
  if (at.kind === "leaf") return new LeafSlot(at.index, leaf)
  const isLeft = 2 * leafIndex < at.index
  const left = isLeft ? rewrite(at.left, leafIndex, leaf, parent) : at.left
  const right = isLeft ? at.right : rewrite(at.right, leafIndex, leaf, parent)
  return new Branch(at.index, parent(at), left, right)
}

function doubled(root: Subtree): Branch {
  const width = root.index + 1
  if (width >= MAX_LEAVES) refuse("group-full", "7.7")
  return new Branch(width * 2 - 1, undefined, root, build([], 2 * width, width))
}

function truncated(root: Subtree): Subtree {
  return root.kind === "branch" && root.right.members === 0 ? truncated(root.left) : root
}

/** `width` leaves whose first has array index `from`. */
function build(nodes: readonly (EncodedNode | undefined)[], from: number, width: number): Subtree {
  const index = from + width - 1
  const node = nodes[index]
  if (node !== undefined && (node.kind === "leaf") !== (width === 1)) refuse("malformed", "12.4.3.3")
  if (width === 1) return new LeafSlot(index, node?.encoded)
  return new Branch(index, node?.encoded, build(nodes, from, width / 2), build(nodes, index + 1, width / 2))
}

function leftmostBlank(at: Subtree): number {
  if (at.kind === "leaf") return at.index / 2
  return leftmostBlank(at.left.members < 2 ** level(at.left.index) ? at.left : at.right)
}

function withUnmerged({ node }: Branch, leafIndex: number): Bytes | undefined {
  if (node === undefined) return undefined
  const at = node.unmergedLeaves.findIndex((other) => other > leafIndex)
  const unmergedLeaves = node.unmergedLeaves.toSpliced(at < 0 ? node.unmergedLeaves.length : at, 0, leafIndex)
  return encodeParentNode({ ...node, unmergedLeaves })
}

/** The array indices of a leaf and of its parents. */
function pathIndices(tree: RatchetTree, leafIndex: number): readonly number[] {
  return [2 * leafIndex, ...directPath(tree, leafIndex).map(({ branch }) => branch.index)]
}

/** `root` in place of that of `tree`, where the nodes `before` lost their keys and the nodes `after` have theirs. */
function rekeyed(tree: RatchetTree, root: Subtree, before: readonly number[], after: readonly number[]): RatchetTree {
  const old = keysOf(tree, before)
  const fresh = keysOf({ ...tree, root }, after)
  requireScattered(fresh)
  const changed = {
    root,
    encryptionKeys: tree.encryptionKeys.replaced(old.encryption, fresh.encryption),
    signatureKeys: tree.signatureKeys.replaced(old.signature, fresh.signature),
  }
  requireUnique(changed, fresh)
  return changed
}

interface Keys {
  readonly encryption: number[]
  readonly signature: number[]
}

function keysOf(tree: RatchetTree, indices: readonly number[]): Keys {
  const keys: Keys = { encryption: [], signature: [] }
  for (const index of indices) {
    const at = subtreeAt(tree, index)
    if (at?.encoded === undefined) continue
    keys.encryption.push(keyHash(at.encryptionKey), index)
    if (at.kind === "leaf") keys.signature.push(keyHash(at.signatureKey), index)
  }
  return keys
}

/** Many keys of one hash at once would make the index slow before it could be asked how many there are. */
function requireScattered({ encryption, signature }: Keys): void {
  for (const keys of [encryption, signature]) {
    const hashes = Int32Array.from({ length: keys.length / 2 }, (_, i) => keys[2 * i] ?? 0).sort()
    for (let i = MAX_ALIKE; i < hashes.length; i++) {
      if (hashes[i] === hashes[i - MAX_ALIKE]) refuse("too-many-alike", "7.3")
    }
  }
}

/** RFC 9420, 7.3: of the keys that are new, none is in the tree twice. */
function requireUnique(tree: RatchetTree, { encryption, signature }: Keys): void {
  const keyAt = (index: number, key: "encryptionKey" | "signatureKey"): Uint8Array => {
    const at = subtreeAt(tree, index)
    if (at === undefined) throw new RangeError(`no node ${index}`)
    return key === "signatureKey" && at.kind === "leaf" ? at.signatureKey : at.encryptionKey
  }
  const isTwice = (index: KeyIndex, entries: readonly number[], key: "encryptionKey" | "signatureKey"): boolean => {
    for (let i = 0; i < entries.length; i += 2) {
      const node = entries[i + 1] ?? 0
      const alike = index.nodes(entries[i] ?? 0)
      if (alike.length > MAX_ALIKE) refuse("too-many-alike", "7.3")
      if (alike.some((other) => other !== node && equalBytes(keyAt(other, key), keyAt(node, key)))) return true
    }
    return false
  }
  if (isTwice(tree.encryptionKeys, encryption, "encryptionKey")) refuse("duplicate-encryption-key", "7.3")
  if (isTwice(tree.signatureKeys, signature, "signatureKey")) refuse("duplicate-signature-key", "7.3")
}
