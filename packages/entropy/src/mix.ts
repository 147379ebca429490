import { expand, extract } from "@noble/hashes/hkdf.js"
import { sha256 } from "@noble/hashes/sha2.js"

import { concat, wipe, type Bytes } from "@starling/kernel"
import { encode } from "@starling/wire"

import type { OsEntropy } from "./os-entropy.ts"

/** What the operating system gives to each mixed draw: the hash length of HKDF-SHA-256. */
export const OS_BYTES = 32

/** 255 blocks of HKDF-SHA-256 (RFC 5869, 2.3). */
export const MAX_DRAW = 255 * 32

/**
 * The one mixer: `HKDF-Extract(salt = OS bytes, ikm = EaaS bytes ‖ context)`, then Expand, with `context` as info.
 * Extract is HMAC keyed by the OS bytes: whoever made the EaaS bytes learns nothing while the OS is sound, and where
 * the OS is broken, the EaaS bytes alone make the key unpredictable. The OS is asked here, after `eaas` is fixed, so
 * that neither contribution can be chosen in view of the other.
 */
export function mix(eaas: Uint8Array, os: OsEntropy, context: Uint8Array, length: number): Bytes {
  const salt = os(OS_BYTES)
  if (salt.length !== OS_BYTES) throw new Error(`the operating system gave ${salt.length} bytes of ${OS_BYTES}`)
  const material = concat(eaas, context)
  const key = extract(sha256, material, salt)
  const out = new Uint8Array(expand(sha256, key, context, length))
  wipe(salt, material, key)
  return out
}

/** `struct { opaque label<V>; opaque purpose<V>; uint64 sequence; uint16 length }`: no two draws share it. */
export function drawContext(purpose: string, sequence: number, length: number): Bytes {
  return encode((writer) => {
    writer.text("starling draw 1").text(purpose).uint64(BigInt(sequence)).uint16(length)
  }, 64)
}
