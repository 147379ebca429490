import { equalBytes, toHex, type Bytes } from "@starling/kernel"
import type { CryptoProvider, LeafNode } from "@starling/mls"
import { isLeafNode, slotsInOrder, type ParentNode, type RatchetTree } from "@starling/mls/rfc9420"
import { encode } from "@starling/wire"

/**
 * RFC 9420, 4 and 7 once more, straight from its definitions over the array of nodes and without remembering anything:
 * what the engine's trees are held against.
 */
export class ReferenceTree {
  readonly #crypto: CryptoProvider
  readonly #nodes: readonly (LeafNode | ParentNode | undefined)[]

  constructor(crypto: CryptoProvider, tree: RatchetTree) {
    this.#crypto = crypto
    this.#nodes = Array.from(slotsInOrder(tree.root), ({ node }) => node)
  }

  get root(): number {
    return (this.#nodes.length - 1) / 2
  }

  /** 7.8; of 7.9 without the leaves that came later. */
  treeHash(index: number = this.root, without: ReadonlySet<number> = new Set()): Bytes {
    const node = this.#nodes[index]
    const children = childrenOf(index)
    if (children === undefined) {
      const leaf = node !== undefined && isLeafNode(node) && !without.has(index / 2) ? node : undefined
      const bytes = encode((w) => {
        w.uint8(1)
          .uint32(index / 2)
          .optional(leaf, (each, { encoded }) => each.fixed(encoded))
      }, 512)
      return this.#crypto.hash(bytes)
    }
    const [left, right] = children
    const parent = this.#parentAt(index)
    const bytes = encode((w) => {
      w.uint8(2).optional(parent, (each, { encryptionKey, parentHash, unmergedLeaves }) => {
        each.opaque(encryptionKey).opaque(parentHash)
        each.vector(
          unmergedLeaves.filter((leaf) => !without.has(leaf)),
          (one, leaf) => one.uint32(leaf),
        )
      })
      w.opaque(this.treeHash(left, without)).opaque(this.treeHash(right, without))
    }, 256)
    return this.#crypto.hash(bytes)
  }

  /** 4.1.1, as array indices. */
  resolution(index: number): readonly number[] {
    const parent = this.#parentAt(index)
    if (parent !== undefined) return [index, ...parent.unmergedLeaves.map((leaf) => 2 * leaf)]
    if (this.#nodes[index] !== undefined) return [index]
    return childrenOf(index)?.flatMap((child) => this.resolution(child)) ?? []
  }

  /** 7.5: the public keys that a path from `leafIndex` is encrypted to, in the order of the UpdatePath. */
  pathRecipients(leafIndex: number, added: ReadonlySet<number>): readonly Bytes[] {
    return this.#directPath(leafIndex).flatMap(({ copath }) =>
      this.resolution(copath)
        .filter((index) => !added.has(index / 2))
        .map((index) => this.#nodes[index]?.encryptionKey ?? new Uint8Array(0)),
    )
  }

  /** 4.2 and 7.7: the nodes that the member at `leafIndex` must know the private keys of, with their public keys. */
  keysOf(leafIndex: number): ReadonlyMap<number, Bytes> {
    const held = new Map<number, Bytes>()
    const leaf = this.#nodes[2 * leafIndex]
    if (leaf !== undefined) held.set(2 * leafIndex, leaf.encryptionKey)
    for (const { index } of this.#directPath(leafIndex)) {
      const parent = this.#parentAt(index)
      if (parent !== undefined && !parent.unmergedLeaves.includes(leafIndex)) held.set(index, parent.encryptionKey)
    }
    return held
  }

  /** What is wrong with the tree by 7.1, 7.3, 7.9.2 or 12.4.3.1. */
  fault(): string | undefined {
    const keys = this.#nodes.flatMap((node) => (node === undefined ? [] : toHex(node.encryptionKey)))
    if (new Set(keys).size < keys.length) return "an encryption key stands in two nodes"
    const right = childrenOf(this.root)?.[1]
    if (right !== undefined && this.resolution(right).length === 0) return "the right half of the tree is empty"
    for (const [index, node] of this.#nodes.entries()) {
      if (node === undefined || isLeafNode(node)) continue
      const below = childrenOf(index)?.flatMap((child) => this.resolution(child)) ?? []
      if (node.unmergedLeaves.some((leaf, i) => leaf <= (node.unmergedLeaves[i - 1] ?? -1))) {
        return `the unmerged leaves of node ${index} are out of order`
      }
      for (const leaf of node.unmergedLeaves) {
        if (!below.includes(2 * leaf)) return `node ${index} lists leaf ${leaf}, which is not unmerged below it`
      }
      if (!this.#isParentHashValid(index, node)) return `nobody below node ${index} has its parent hash`
    }
    return undefined
  }

  #isParentHashValid(index: number, parent: ParentNode): boolean {
    const [left, right] = childrenOf(index) ?? []
    if (left === undefined || right === undefined) return false
    const unmerged = new Set(parent.unmergedLeaves)
    const ways = [
      { child: left, sibling: right },
      { child: right, sibling: left },
    ]
    return ways.some(({ child, sibling }) => {
      const original = this.treeHash(sibling, unmerged)
      const expected = this.#crypto.hash(
        encode((w) => w.opaque(parent.encryptionKey).opaque(parent.parentHash).opaque(original), 256),
      )
      const resolution = this.resolution(child)
      const unmergedHere = parent.unmergedLeaves.filter((leaf) => covers(child, 2 * leaf)).map((leaf) => 2 * leaf)
      return resolution.some((at) => {
        const rest = resolution.filter((other) => other !== at)
        const same = rest.length === unmergedHere.length && rest.every((other) => unmergedHere.includes(other))
        return same && equalBytes(this.#parentHashIn(at), expected)
      })
    })
  }

  #parentHashIn(index: number): Uint8Array {
    const node = this.#nodes[index]
    if (node === undefined) return new Uint8Array(0)
    if (!isLeafNode(node)) return node.parentHash
    return node.source.kind === "commit" ? node.source.parentHash : new Uint8Array(0)
  }

  #parentAt(index: number): ParentNode | undefined {
    const node = this.#nodes[index]
    return node === undefined || isLeafNode(node) ? undefined : node
  }

  /** From the bottom up. */
  #directPath(leafIndex: number): readonly { readonly index: number; readonly copath: number }[] {
    const steps: { index: number; copath: number }[] = []
    let at = this.root
    for (;;) {
      const children = childrenOf(at)
      if (children === undefined) break
      const [left, right] = children
      const isLeft = 2 * leafIndex < at
      steps.push({ index: at, copath: isLeft ? right : left })
      at = isLeft ? left : right
    }
    return steps.toReversed()
  }
}

/** Half the width of what stands below a node: 0 for a leaf, 1 for its parent, 2 for that one's. */
function reach(index: number): number {
  let step = 1
  while ((index + 1) % (2 * step) === 0) step *= 2
  return step / 2
}

function childrenOf(index: number): readonly [left: number, right: number] | undefined {
  const step = reach(index)
  return step < 1 ? undefined : [index - step, index + step]
}

function covers(ancestor: number, node: number): boolean {
  return Math.abs(ancestor - node) < 2 * reach(ancestor)
}
