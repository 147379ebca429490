import { wipe, type Bytes } from "@starling/kernel"

import type { Kdf } from "./crypto-provider.ts"

const INNER_PAD = 0x36
const OUTER_PAD = 0x5c

/**
 * HMAC (RFC 2104) and HKDF (RFC 5869) over a hash with blocks of `blockLength` bytes and outputs of `hashLength`. Two
 * plain hashes cost less than what OpenSSL takes to set an HMAC up.
 */
export function hkdf(hash: (data: Uint8Array) => Bytes, blockLength: number, hashLength: number): Kdf {
  /** The padded key, then room for `length` bytes of data. */
  function startInner(key: Uint8Array, length: number): Bytes {
    const inner = new Uint8Array(blockLength + length)
    inner.set(key.length > blockLength ? hash(key) : key)
    for (let i = 0; i < blockLength; i++) inner[i] = (inner[i] ?? 0) ^ INNER_PAD
    return inner
  }

  function finish(inner: Bytes): Bytes {
    const outer = new Uint8Array(blockLength + hashLength)
    for (let i = 0; i < blockLength; i++) outer[i] = (inner[i] ?? 0) ^ INNER_PAD ^ OUTER_PAD
    outer.set(hash(inner), blockLength)
    const tag = hash(outer)
    wipe(inner, outer)
    return tag
  }

  function hmac(key: Uint8Array, data: Uint8Array): Bytes {
    const inner = startInner(key, data.length)
    inner.set(data, blockLength)
    return finish(inner)
  }

  /** `T(counter)` of RFC 5869, 2.3, from the one before it. */
  function expandBlock(secret: Uint8Array, previous: Uint8Array, info: Uint8Array, counter: number): Bytes {
    const inner = startInner(secret, previous.length + info.length + 1)
    inner.set(previous, blockLength)
    inner.set(info, blockLength + previous.length)
    inner[inner.length - 1] = counter
    return finish(inner)
  }

  return {
    hmac,
    extract: hmac,
    expand(secret, info, length) {
      if (length > 255 * hashLength) throw new RangeError(`HKDF gives at most ${255 * hashLength} bytes, not ${length}`)
      let block = expandBlock(secret, new Uint8Array(0), info, 1)
      if (length === hashLength) return block
      const out = new Uint8Array(length)
      for (let counter = 1; ; counter++) {
        const at = (counter - 1) * hashLength
        out.set(block.subarray(0, length - at), at)
        if (at + hashLength >= length) return out
        block = expandBlock(secret, block, info, counter + 1)
      }
    },
  }
}
