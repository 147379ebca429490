import { gcmsiv } from "@noble/ciphers/aes.js"
import { expand, hkdf } from "@noble/hashes/hkdf.js"
import { sha256 } from "@noble/hashes/sha2.js"

import { utf8, type Bytes } from "@starling/kernel"

const KEY = 32
const NONCE = 12
export const TAG = 16

/** Both are public; equal tags and ciphertexts tell of equal plaintexts under one key and number, and of nothing else. */
export interface Sealed {
  readonly ciphertext: Bytes
  readonly tag: Bytes
}

/**
 * AES-256-GCM-SIV (RFC 8452) with a number as nonce. Numbers repeat when a crash or a restored backup takes the pool
 * back in time, which this mode withstands; a counter mode would give the plaintexts away.
 */
export function seal(key: Uint8Array, number: number, associated: Uint8Array, plaintext: Uint8Array): Sealed {
  const sealed = gcmsiv(key, nonceOf(number), associated).encrypt(plaintext)
  return { ciphertext: sealed.slice(0, -TAG), tag: sealed.slice(-TAG) }
}

/** The plaintext, or `undefined` where the tag does not fit. */
export function unseal(key: Uint8Array, number: number, associated: Uint8Array, sealed: Sealed): Bytes | undefined {
  const joined = new Uint8Array(sealed.ciphertext.length + TAG)
  joined.set(sealed.ciphertext)
  joined.set(sealed.tag, sealed.ciphertext.length)
  try {
    return new Uint8Array(gcmsiv(key, nonceOf(number), associated).decrypt(joined))
  } catch {
    return undefined
  }
}

/** The key under which the state is sealed: of the device's root key, and of nothing in the file. */
export function headerKey(root: Uint8Array): Bytes {
  return new Uint8Array(hkdf(sha256, root, undefined, utf8("starling pool 1 header"), KEY))
}

/** The first link of the chain: no one who lacks the root key knows it, even where the OS is broken. */
export function firstLink(root: Uint8Array, os: Uint8Array): Bytes {
  return new Uint8Array(hkdf(sha256, root, os, utf8("starling pool 1 chain"), KEY))
}

/** The chain runs one way: from a link follow its cell's key and all later links, and no earlier one. */
export function advance(link: Uint8Array, steps: number): Bytes {
  let current = new Uint8Array(link)
  for (let i = 0; i < steps; i++) {
    const next = new Uint8Array(expand(sha256, current, utf8("next"), KEY))
    current.fill(0)
    current = next
  }
  return current
}

/** The key of the one cell that a link belongs to. */
export function cellKey(link: Uint8Array): Bytes {
  return new Uint8Array(expand(sha256, link, utf8("cell"), KEY))
}

function nonceOf(number: number): Bytes {
  const nonce = new Uint8Array(NONCE)
  new DataView(nonce.buffer).setBigUint64(NONCE - 8, BigInt(number))
  return nonce
}
