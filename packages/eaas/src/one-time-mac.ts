import { poly1305 } from "@noble/ciphers/_poly1305.js"
import { equalConstantTime, type Bytes } from "@starling/kernel"

/** Of a key that serves for one message and no other, and of its tag. */
export const MAC_KEY_BYTES = 32
export const MAC_BYTES = 16

/**
 * A polynomial over 2^130 − 5 at a secret point, masked by a secret number (Wegman and Carter; RFC 8439, 2.5): whoever
 * has seen one message of n bytes with its tag forges another with probability 8⌈n/16⌉ / 2^106, whatever they compute.
 */
export function oneTimeMac(message: Uint8Array, key: Uint8Array): Bytes {
  if (key.length !== MAC_KEY_BYTES) throw new RangeError(`a MAC key of ${key.length} bytes`)
  return new Uint8Array(poly1305(message, key))
}

export function isTaggedBy(message: Uint8Array, tag: Uint8Array, key: Uint8Array): boolean {
  return equalConstantTime(oneTimeMac(message, key), tag)
}
