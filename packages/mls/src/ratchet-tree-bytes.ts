import { encode, type Reader, type Writer } from "@starling/wire"
import type { Bytes } from "@starling/kernel"

import { readLeafNode, writeLeafNode, type LeafNode } from "./leaf-node.ts"
import { MAX_LEAVES, MAX_PUBLIC_KEY } from "./limits.ts"
import { isLeafNode, nodesInOrder, treeOf, type ParentNode, type RatchetTree } from "./ratchet-tree.ts"

const NODE_TYPES = { leaf: 1, parent: 2 } as const

export function writeParentNode(writer: Writer, node: ParentNode): void {
  writer.opaque(node.encryptionKey).opaque(node.parentHash)
  writer.vector(node.unmergedLeaves, (w, leafIndex) => w.uint32(leafIndex))
}

/** RFC 9420, 12.4.3.3: the `ratchet_tree` extension, without trailing blank nodes. */
export function encodeRatchetTree(tree: RatchetTree): Bytes {
  return encode((w) => writeRatchetTree(w, tree), 4096)
}

export function writeRatchetTree(writer: Writer, tree: RatchetTree): void {
  const nodes = [...nodesInOrder(tree.root)]
  const end = nodes.findLastIndex((node) => node !== undefined) + 1
  writer.vector(nodes.slice(0, end), (w, node) => w.optional(node, writeNode))
}

/** The nodes in array order; `treeOf` makes a tree of them. */
export function readTreeNodes(reader: Reader): readonly (LeafNode | ParentNode | undefined)[] {
  const nodes = reader.vector((r) => r.optional(readNode), 2 * MAX_LEAVES - 1)
  if (nodes.at(-1) === undefined) reader.fail("a ratchet tree that ends in a blank node")
  return nodes
}

/** Reads a tree; keys that occur twice and nodes of the wrong kind are refused. */
export function readRatchetTree(reader: Reader): RatchetTree {
  return treeOf(readTreeNodes(reader))
}

function writeNode(writer: Writer, node: LeafNode | ParentNode): void {
  if (isLeafNode(node)) writeLeafNode(writer.uint8(NODE_TYPES.leaf), node)
  else writeParentNode(writer.uint8(NODE_TYPES.parent), node)
}

function readNode(reader: Reader): LeafNode | ParentNode {
  const type = reader.uint8()
  switch (type) {
    case NODE_TYPES.leaf:
      return readLeafNode(reader)
    case NODE_TYPES.parent:
      return readParentNode(reader)
    default:
      return reader.fail(`a node of type ${type}`)
  }
}

function readParentNode(reader: Reader): ParentNode {
  const encryptionKey = reader.opaque(MAX_PUBLIC_KEY)
  const parentHash = reader.opaque()
  let last = -1
  const unmergedLeaves = reader.vector((r) => {
    const leafIndex = r.uint32()
    if (leafIndex <= last) r.fail("unmerged leaves that do not ascend")
    last = leafIndex
    return leafIndex
  }, MAX_LEAVES)
  return { encryptionKey, parentHash, unmergedLeaves }
}
