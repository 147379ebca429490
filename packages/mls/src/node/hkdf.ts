import { createHmac } from "node:crypto"

import { concat } from "@starling/kernel"

import type { Kdf } from "../crypto-provider.ts"

/** HKDF (RFC 5869) over HMAC with `hash`, whose output is `length` bytes. */
export function hkdf(hash: string, hashLength: number): Kdf {
  function hmac(key: Uint8Array, data: Uint8Array) {
    return new Uint8Array(createHmac(hash, key).update(data).digest())
  }
  return {
    hmac,
    extract: hmac,
    expand(secret, info, length) {
      if (length > 255 * hashLength) throw new RangeError(`HKDF gives at most ${255 * hashLength} bytes, not ${length}`)
      const blocks: Uint8Array[] = []
      let block = new Uint8Array(0)
      for (let i = 1; (i - 1) * hashLength < length; i++) {
        block = hmac(secret, concat(block, info, new Uint8Array([i])))
        blocks.push(block)
      }
      return blocks.length === 1 && block.length === length ? block : concat(...blocks).slice(0, length)
    },
  }
}
