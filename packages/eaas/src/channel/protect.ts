import { gcm } from "@noble/ciphers/aes.js"
import { concat, type Bytes } from "@starling/kernel"
import { isTaggedBy, MAC_BYTES, MAC_KEY_BYTES, oneTimeMac } from "../one-time-mac.ts"
import type { OneTimeKey } from "./one-time-key.ts"
import type { Protection } from "./sealed-answer.ts"

const AES_KEY_BYTES = 32
/** The key is for one message, and so is the nonce. */
const AES_NONCE = new Uint8Array(12)

/** Bytes of quantum key that an answer of `length` bytes takes. */
export function keyBytesFor(protection: Protection, length: number): number {
  return protection === "one-time pad" ? MAC_KEY_BYTES + length : AES_KEY_BYTES
}

export interface Protected {
  readonly ciphertext: Bytes
  readonly tag: Bytes
}

/** Encrypts, then authenticates. The key is spent, whatever happens. */
export function protect(protection: Protection, key: OneTimeKey, bound: Uint8Array, message: Uint8Array): Protected {
  return key.spend((bytes) => {
    requireLength(protection, bytes, message.length)
    if (protection === "aes-256-gcm") {
      const sealed = gcm(bytes, AES_NONCE, bound).encrypt(message)
      return { ciphertext: sealed.slice(0, -MAC_BYTES), tag: sealed.slice(-MAC_BYTES) }
    }
    const ciphertext = xor(message, bytes.subarray(MAC_KEY_BYTES))
    return { ciphertext, tag: oneTimeMac(concat(bound, ciphertext), bytes.subarray(0, MAC_KEY_BYTES)) }
  })
}

/** The inverse; `undefined` where anything is not as it was sealed. The key is spent, whatever happens. */
export function unprotect(
  protection: Protection,
  key: OneTimeKey,
  bound: Uint8Array,
  { ciphertext, tag }: Protected,
): Bytes | undefined {
  return key.spend((bytes) => {
    requireLength(protection, bytes, ciphertext.length)
    if (protection === "aes-256-gcm") return openGcm(bytes, bound, concat(ciphertext, tag))
    if (!isTaggedBy(concat(bound, ciphertext), tag, bytes.subarray(0, MAC_KEY_BYTES))) return undefined
    return xor(ciphertext, bytes.subarray(MAC_KEY_BYTES))
  })
}

function openGcm(key: Uint8Array, bound: Uint8Array, sealed: Uint8Array): Bytes | undefined {
  try {
    return new Uint8Array(gcm(key, AES_NONCE, bound).decrypt(sealed))
  } catch {
    return undefined
  }
}

function xor(bytes: Uint8Array, pad: Uint8Array): Bytes {
  return Uint8Array.from(bytes, (byte, i) => byte ^ (pad[i] ?? 0))
}

/** A pad that is shorter than its message would end in plain text. */
function requireLength(protection: Protection, key: Uint8Array, length: number): void {
  if (key.length !== keyBytesFor(protection, length))
    throw new RangeError("a key of another length than its message needs")
}
