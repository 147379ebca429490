import type { Bytes, Decoded } from "@starling/kernel"
import { FIELD_BYTES, TREE_CAPACITY, type FieldElement } from "@starling/proof"
import { decode, encode } from "@starling/wire"
import { MAX_EPOCH_BYTES } from "../protocol.ts"
import { readField, writeField } from "./field.ts"
import { readHead, writeHead } from "./head.ts"

/** All leaves of a tree, from position 0 on: `uint32 count`, then 32 bytes each. */
export function encodeLeafList(leaves: readonly FieldElement[]): Bytes {
  return encode(
    (w) => {
      writeHead(w, "leaf list").uint32(leaves.length)
      for (const leaf of leaves) writeField(w, leaf)
    },
    64 + leaves.length * FIELD_BYTES,
  )
}

export function decodeLeafList(bytes: Uint8Array): Decoded<readonly FieldElement[]> {
  return decode(
    bytes,
    (r) => {
      readHead(r, "leaf list")
      const count = r.uint32()
      if (count > TREE_CAPACITY || r.left !== count * FIELD_BYTES) r.fail(`not ${count} leaves`)
      return Array.from({ length: count }, () => {
        const leaf = readField(r)
        return leaf === 0n ? r.fail("a leaf that is zero") : leaf
      })
    },
    MAX_EPOCH_BYTES,
  )
}
