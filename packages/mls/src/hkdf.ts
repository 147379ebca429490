import type { Bytes } from "@starling/kernel"

import type { Kdf } from "./crypto-provider.ts"

const INNER_PAD = 0x36
const OUTER_PAD = 0x5c

/** Bytes; nearly all that is hashed here is shorter. */
const SCRATCH = 1024

/**
 * HMAC (RFC 2104) and HKDF (RFC 5869) over a hash with blocks of `blockLength` bytes and outputs of `hashLength`. Two
 * plain hashes cost less than what OpenSSL takes to set an HMAC up.
 */
export function hkdf(hash: (data: Uint8Array) => Bytes, blockLength: number, hashLength: number): Kdf {
  const innerPads = new Uint8Array(blockLength).fill(INNER_PAD)
  const outerPads = new Uint8Array(blockLength).fill(OUTER_PAD)

  /** Used again by each call, and wiped before it ends: an allocation costs more than what it is for. */
  const scratch = new Uint8Array(SCRATCH)
  const outer = new Uint8Array(blockLength + hashLength)

  /** Both padded keys, and room for `length` bytes of data behind the inner one, which is given. */
  function start(key: Uint8Array, length: number): Bytes {
    const whole = blockLength + length
    const inner = whole > SCRATCH ? new Uint8Array(whole) : scratch.subarray(0, whole)
    inner.set(innerPads)
    outer.set(outerPads)
    const short = key.length > blockLength ? hash(key) : key
    for (let i = 0; i < short.length; i++) {
      const byte = short[i] ?? 0
      inner[i] = byte ^ INNER_PAD
      outer[i] = byte ^ OUTER_PAD
    }
    return inner
  }

  function finish(inner: Bytes): Bytes {
    outer.set(hash(inner), blockLength)
    const tag = hash(outer)
    inner.fill(0)
    outer.fill(0)
    return tag
  }

  function hmac(key: Uint8Array, data: Uint8Array): Bytes {
    const inner = start(key, data.length)
    inner.set(data, blockLength)
    return finish(inner)
  }

  /** `T(counter)` of RFC 5869, 2.3, from the one before it. */
  function expandBlock(secret: Uint8Array, previous: Uint8Array, info: Uint8Array, counter: number): Bytes {
    const inner = start(secret, previous.length + info.length + 1)
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
