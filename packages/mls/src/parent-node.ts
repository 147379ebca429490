import type { Bytes } from "@starling/kernel"
import { decodeSharing, encode, type Reader, type Writer } from "@starling/wire"

import { MAX_LEAVES, MAX_PUBLIC_KEY } from "./limits.ts"

/** RFC 9420, 7.1. */
export interface ParentNode {
  readonly encryptionKey: Bytes
  readonly parentHash: Bytes
  /** Leaf indices, ascending. */
  readonly unmergedLeaves: readonly number[]
}

const NONE: readonly number[] = []

export function encodeParentNode(node: ParentNode): Bytes {
  return encode((w) => writeParentNode(w, node), 80)
}

/** Of bytes that `encodeParentNode` wrote or `readParentNode` has read. */
export function decodeParentNode(encoded: Bytes): ParentNode {
  const decoded = decodeSharing(encoded, readParentNode)
  if (decoded.kind !== "ok") throw new TypeError(`a parent node of ours can't be read: ${decoded.why}`)
  return decoded.value
}

export function writeParentNode(writer: Writer, node: ParentNode): void {
  writer.opaque(node.encryptionKey).opaque(node.parentHash)
  writer.vector(node.unmergedLeaves, (w, leafIndex) => w.uint32(leafIndex))
}

export function readParentNode(reader: Reader): ParentNode {
  const encryptionKey = reader.opaque(MAX_PUBLIC_KEY)
  const parentHash = reader.opaque()
  let last = -1
  const unmergedLeaves = reader.vector((r) => {
    const leafIndex = r.uint32()
    if (leafIndex <= last) r.fail("unmerged leaves that do not ascend")
    last = leafIndex
    return leafIndex
  }, MAX_LEAVES)
  return { encryptionKey, parentHash, unmergedLeaves: unmergedLeaves.length === 0 ? NONE : unmergedLeaves }
}
