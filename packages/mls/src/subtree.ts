import type { Bytes } from "@starling/kernel"

import type { CredentialSupport } from "./credential-support.ts"
import { decodeLeafNode, type LeafNode } from "./leaf-node.ts"
import { opaqueSize } from "./opaque-size.ts"
import { decodeParentNode, type ParentNode } from "./parent-node.ts"

/**
 * A node with all below it. A node is kept as its encoding and decoded when it is asked for, so that a tree of thousands
 * takes little more than its bytes.
 */
export type Subtree = LeafSlot | Branch

let decoded: Map<object, LeafNode | ParentNode> | undefined

/**
 * Within `run` each node is decoded once: for work that looks at the nodes of a tree several times. What was decoded is
 * forgotten at its end, or a tree would grow to what it is when decoded.
 */
export function decodingOnce<T>(run: () => T): T {
  if (decoded !== undefined) return run()
  decoded = new Map()
  try {
    return run()
  } finally {
    decoded = undefined
  }
}

abstract class TreeNode {
  /** Place in the array of RFC 9420, appendix C. */
  readonly index: number
  /** The LeafNode or the ParentNode; `undefined` where blank. */
  readonly encoded: Bytes | undefined
  #treeHash: string | undefined
  #recipientKey: Bytes | undefined
  #support: CredentialSupport | undefined

  constructor(index: number, encoded: Bytes | undefined) {
    this.index = index
    this.encoded = encoded
  }

  /** RFC 9420, 7.8, once it was computed; as a Latin-1 string, which takes a fifth of the memory of an array. */
  get knownTreeHash(): string | undefined {
    return this.#treeHash
  }

  set knownTreeHash(hash: string) {
    this.#treeHash = hash
  }

  get knownSupport(): CredentialSupport | undefined {
    return this.#support
  }

  set knownSupport(support: CredentialSupport) {
    this.#support = support
  }

  /** The encryption key in an array that stays the same: providers keep by it what encrypting again takes. */
  get recipientKey(): Bytes {
    this.#recipientKey ??= this.encryptionKey
    return this.#recipientKey
  }

  /** Of a node that is not blank. Every node's encoding begins with it. */
  get encryptionKey(): Bytes {
    const { encoded } = this
    if (encoded === undefined) throw new RangeError(`node ${this.index} is blank`)
    return opaqueAt(encoded, 0)
  }
}

export class LeafSlot extends TreeNode {
  get kind(): "leaf" {
    return "leaf"
  }

  /** Leaves below that are not blank. */
  get members(): number {
    return this.encoded === undefined ? 0 : 1
  }

  /** Of a leaf that is not blank. It stands behind the encryption key. */
  get signatureKey(): Bytes {
    const { encoded } = this
    if (encoded === undefined) throw new RangeError(`leaf ${this.index / 2} is blank`)
    return opaqueAt(encoded, opaqueSize(this.encryptionKey))
  }

  get node(): LeafNode | undefined {
    const known = decoded?.get(this)
    if (known !== undefined && "signatureKey" in known) return known
    const node = this.encoded && decodeLeafNode(this.encoded)
    if (node !== undefined) decoded?.set(this, node)
    return node
  }
}

export class Branch extends TreeNode {
  readonly left: Subtree
  readonly right: Subtree
  /** Leaves below that are not blank. */
  readonly members: number

  constructor(index: number, encoded: Bytes | undefined, left: Subtree, right: Subtree) {
    super(index, encoded)
    this.left = left
    this.right = right
    this.members = left.members + right.members
  }

  get kind(): "branch" {
    return "branch"
  }

  get node(): ParentNode | undefined {
    const known = decoded?.get(this)
    if (known !== undefined && !("signatureKey" in known)) return known
    const node = this.encoded && decodeParentNode(this.encoded)
    if (node !== undefined) decoded?.set(this, node)
    return node
  }
}

/** The `opaque<V>` of less than 2^14 bytes at an offset in a well-formed struct; no copy. */
function opaqueAt(encoded: Bytes, offset: number): Bytes {
  const first = encoded[offset] ?? 0
  const start = offset + (first < 0x40 ? 1 : 2)
  const length = first < 0x40 ? first : ((first & 0x3f) << 8) + (encoded[offset + 1] ?? 0)
  return encoded.subarray(start, start + length)
}
