import { encode, Reader, type Writer } from "@starling/wire"
import type { Bytes } from "@starling/kernel"

import { readLeafNode } from "./leaf-node.ts"
import { MAX_LEAVES } from "./limits.ts"
import { readParentNode } from "./parent-node.ts"
import { slotsInOrder, treeOfEncoded, type EncodedNode, type RatchetTree } from "./ratchet-tree.ts"

const NODE_TYPES = { leaf: 1, parent: 2 } as const

/** RFC 9420, 12.4.3.3: the `ratchet_tree` extension, without trailing blank nodes. */
export function encodeRatchetTree(tree: RatchetTree): Bytes {
  return encode((w) => writeRatchetTree(w, tree), 4096)
}

export function writeRatchetTree(writer: Writer, tree: RatchetTree): void {
  const slots = [...slotsInOrder(tree.root)]
  const end = slots.findLastIndex(({ encoded }) => encoded !== undefined) + 1
  writer.vector(slots.slice(0, end), (w, { kind, encoded }) => {
    w.optional(encoded, (each, bytes) => each.uint8(kind === "leaf" ? NODE_TYPES.leaf : NODE_TYPES.parent).fixed(bytes))
  })
}

/** The nodes in array order, well formed each; `treeOfEncoded` makes a tree of them. They share one copy of the bytes. */
export function readTreeNodes(reader: Reader): readonly (EncodedNode | undefined)[] {
  const bytes = reader.opaque()
  const own = Reader.sharing(bytes)
  const nodes: (EncodedNode | undefined)[] = []
  while (own.left > 0) {
    if (nodes.length === 2 * MAX_LEAVES - 1) reader.fail("a ratchet tree of too many nodes")
    nodes.push(own.optional((r) => readNode(r, bytes)))
  }
  if (nodes.at(-1) === undefined) reader.fail("a ratchet tree that ends in a blank node")
  return nodes
}

/** Reads a tree; keys that occur twice and nodes of the wrong kind are refused. */
export function readRatchetTree(reader: Reader): RatchetTree {
  return treeOfEncoded(readTreeNodes(reader))
}

function readNode(reader: Reader, bytes: Bytes): EncodedNode {
  const type = reader.uint8()
  const start = reader.position
  switch (type) {
    case NODE_TYPES.leaf:
      readLeafNode(reader)
      return { kind: "leaf", encoded: bytes.subarray(start, reader.position) }
    case NODE_TYPES.parent:
      readParentNode(reader)
      return { kind: "branch", encoded: bytes.subarray(start, reader.position) }
    default:
      return reader.fail(`a node of type ${type}`)
  }
}
