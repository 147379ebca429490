import type { Bytes } from "@starling/kernel"
import { withEncoded, type Writer } from "@starling/wire"

import type { CryptoProvider } from "./crypto-provider.ts"
import { encodeParentNode } from "./parent-node.ts"
import type { Branch, LeafSlot, Subtree } from "./subtree.ts"
import { covers } from "./tree-math.ts"

/** RFC 9420, 7.8. Remembered for each subtree, so that a change to a tree costs the hashes on its path alone. */
export function treeHash(crypto: CryptoProvider, subtree: Subtree): Bytes {
  const known = subtree.knownTreeHash
  if (known !== undefined) return fromLatin1(known)
  const hash =
    subtree.kind === "leaf"
      ? leafHash(crypto, subtree, subtree.encoded)
      : branchHash(crypto, subtree.encoded, treeHash(crypto, subtree.left), treeHash(crypto, subtree.right))
  subtree.knownTreeHash = toLatin1(hash)
  return hash
}

/** RFC 9420, 7.9: the tree hash as it was before `leafIndices` were added. */
export function treeHashWithout(crypto: CryptoProvider, subtree: Subtree, leafIndices: readonly number[]): Bytes {
  const below = leafIndices.filter((leafIndex) => covers(subtree.index, 2 * leafIndex))
  if (below.length === 0) return treeHash(crypto, subtree)
  if (subtree.kind === "leaf") return leafHash(crypto, subtree, undefined)
  const left = treeHashWithout(crypto, subtree.left, below)
  return branchHash(crypto, merged(subtree, below), left, treeHashWithout(crypto, subtree.right, below))
}

/** The parent as it was before `leafIndices` were added below it. */
function merged({ node }: Branch, leafIndices: readonly number[]): Bytes | undefined {
  if (node === undefined) return undefined
  const without = new Set(leafIndices)
  const unmergedLeaves = node.unmergedLeaves.filter((leafIndex) => !without.has(leafIndex))
  return encodeParentNode({ ...node, unmergedLeaves })
}

function leafHash(crypto: CryptoProvider, { index }: LeafSlot, encoded: Bytes | undefined): Bytes {
  return withEncoded(
    (w) => writeNode(w.uint8(1).uint32(index / 2), encoded),
    (input) => crypto.hash(input),
  )
}

function branchHash(crypto: CryptoProvider, encoded: Bytes | undefined, left: Uint8Array, right: Uint8Array): Bytes {
  return withEncoded(
    (w) => writeNode(w.uint8(2), encoded).opaque(left).opaque(right),
    (input) => crypto.hash(input),
  )
}

function writeNode(writer: Writer, encoded: Bytes | undefined): Writer {
  return encoded === undefined ? writer.uint8(0) : writer.uint8(1).fixed(encoded)
}

function toLatin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes)
}

function fromLatin1(text: string): Bytes {
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
  return bytes
}
