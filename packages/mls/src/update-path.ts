import type { Bytes } from "@starling/kernel"
import type { Reader, Writer } from "@starling/wire"

import type { HpkeCiphertext } from "./crypto-provider.ts"
import { readLeafNode, writeLeafNode, type LeafNode } from "./leaf-node.ts"
import { MAX_PUBLIC_KEY } from "./limits.ts"

/** RFC 9420, 7.6: the new public key of a parent, and its path secret for each node of the copath child's resolution. */
export interface UpdatePathNode {
  readonly encryptionKey: Bytes
  readonly encryptedPathSecret: readonly HpkeCiphertext[]
}

/** RFC 9420, 7.6: the new leaf of a committer and its filtered direct path, the lowest first. */
export interface UpdatePath {
  readonly leafNode: LeafNode
  readonly nodes: readonly UpdatePathNode[]
}

export function writeUpdatePath(writer: Writer, path: UpdatePath): void {
  writeLeafNode(writer, path.leafNode)
  writer.vector(path.nodes, (w, node) =>
    w.opaque(node.encryptionKey).vector(node.encryptedPathSecret, writeHpkeCiphertext),
  )
}

export function readUpdatePath(reader: Reader): UpdatePath {
  return {
    leafNode: readLeafNode(reader),
    nodes: reader.vector((r) => ({
      encryptionKey: r.opaque(MAX_PUBLIC_KEY),
      encryptedPathSecret: r.vector(readHpkeCiphertext),
    })),
  }
}

export function writeHpkeCiphertext(writer: Writer, sealed: HpkeCiphertext): void {
  writer.opaque(sealed.kemOutput).opaque(sealed.ciphertext)
}

export function readHpkeCiphertext(reader: Reader): HpkeCiphertext {
  return { kemOutput: reader.opaque(), ciphertext: reader.opaque() }
}
