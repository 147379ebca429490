import { FieldElement } from "./field-element.ts"
import { nodeOf } from "./hashes.ts"

/** Levels above the leaves, the same for every tree, so that the length of a path can't be chosen. */
export const TREE_DEPTH = 20

/** Most leaves that a tree holds. */
export const TREE_CAPACITY = 2 ** TREE_DEPTH

/** Value of an empty position. No leaf is zero: that would be a preimage of zero under the leaf's hash. */
const EMPTY_LEAF = FieldElement.of(0n)

/** `EMPTY[n]` is the root of an empty subtree with n levels. */
const EMPTY = emptySubtrees()

/** An immutable Merkle tree of fixed depth, its free positions at the right filled with zero leaves. */
export class MerkleTree {
  /** From the leaves up; a level ends with the last node that is not the root of an empty subtree. */
  readonly #levels: readonly (readonly FieldElement[])[]

  private constructor(levels: readonly (readonly FieldElement[])[]) {
    this.#levels = levels
  }

  /** One hash per leaf, and then one per level. Refuses a zero leaf, which is what free positions hold. */
  static of(leaves: readonly FieldElement[]): MerkleTree {
    if (leaves.length > TREE_CAPACITY) throw new RangeError(`a tree holds at most ${TREE_CAPACITY} leaves`)
    if (leaves.includes(EMPTY_LEAF)) throw new RangeError("a leaf is never zero")
    const levels = [[...leaves]]
    for (let level = 0; level < TREE_DEPTH; level++) levels.push(parentsOf(levels[level] ?? [], level))
    return new MerkleTree(levels)
  }

  /** Of the empty tree as well, and never zero. */
  get root(): FieldElement {
    return this.#at(TREE_DEPTH, 0)
  }

  get size(): number {
    return this.#levels[0]?.length ?? 0
  }

  /** The siblings on the way from the leaf at `index` to the root, from the bottom up. */
  path(index: number): readonly FieldElement[] {
    if (!Number.isInteger(index) || index < 0 || index >= this.size) {
      throw new RangeError(`no leaf at ${index} among ${this.size}`)
    }
    return Array.from({ length: TREE_DEPTH }, (_, level) => this.#at(level, (index >> level) ^ 1))
  }

  #at(level: number, position: number): FieldElement {
    return this.#levels[level]?.[position] ?? emptySubtree(level)
  }
}

/** The root that a path leads to; an index outside the tree or a path of another length is refused. */
export function rootOf(leaf: FieldElement, index: number, siblings: readonly FieldElement[]): FieldElement {
  if (siblings.length !== TREE_DEPTH) throw new RangeError(`a path has ${TREE_DEPTH} siblings, got ${siblings.length}`)
  if (!isLeafIndex(index)) throw new RangeError(`no position ${index} in a tree`)
  return siblings.reduce(
    (node, sibling, level) => ((index >> level) & 1 ? nodeOf(sibling, node) : nodeOf(node, sibling)),
    leaf,
  )
}

export function isLeafIndex(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < TREE_CAPACITY
}

function parentsOf(nodes: readonly FieldElement[], level: number): FieldElement[] {
  const empty = emptySubtree(level)
  return Array.from({ length: Math.ceil(nodes.length / 2) }, (_, i) =>
    nodeOf(nodes[2 * i] ?? empty, nodes[2 * i + 1] ?? empty),
  )
}

function emptySubtrees(): readonly FieldElement[] {
  const roots = [EMPTY_LEAF]
  let root = EMPTY_LEAF
  for (let level = 0; level < TREE_DEPTH; level++) {
    root = nodeOf(root, root)
    roots.push(root)
  }
  return roots
}

function emptySubtree(level: number): FieldElement {
  const root = EMPTY[level]
  if (root === undefined) throw new RangeError(`no level ${level} in a tree`)
  return root
}
