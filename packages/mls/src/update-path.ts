import type { Bytes } from "@starling/kernel"
import type { Reader, Writer } from "@starling/wire"

import type { HpkeCiphertext } from "./crypto-provider.ts"
import { readLeafNode, writeLeafNode, type LeafNode } from "./leaf-node.ts"
import { MAX_LEAVES, MAX_PATH, MAX_PUBLIC_KEY } from "./limits.ts"

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
  const leafNode = readLeafNode(reader)
  let ciphertexts = 0
  const nodes = reader.vector((r) => {
    const encryptionKey = r.opaque(MAX_PUBLIC_KEY)
    const encryptedPathSecret = r.vector(readHpkeCiphertext, MAX_LEAVES - ciphertexts)
    ciphertexts += encryptedPathSecret.length
    return { encryptionKey, encryptedPathSecret }
  }, MAX_PATH)
  return { leafNode, nodes }
}

export function writeHpkeCiphertext(writer: Writer, sealed: HpkeCiphertext): void {
  writer.opaque(sealed.kemOutput).opaque(sealed.ciphertext)
}

export function readHpkeCiphertext(reader: Reader): HpkeCiphertext {
  return { kemOutput: reader.opaque(), ciphertext: reader.opaque() }
}
