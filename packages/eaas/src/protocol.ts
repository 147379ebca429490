/** Sizes and limits of the key transmission protocol, version 1. All lengths in bytes. */

/** Cipher suite 1: X-Wing, HKDF-SHA-256, ChaCha20-Poly1305, Ed25519. */
export const SUITE = 1

export const SERVICE_ID_BYTES = 32
export const LOCAL_PROVIDER_ID_BYTES = 16
export const DIGEST_BYTES = 32
export const NONCE_BYTES = 32
export const PUBLIC_KEY_BYTES = 32
export const SIGNATURE_BYTES = 64

/** What one request may ask for. */
export type KeySize = 1024 | 8192
export const KEY_SIZES: readonly KeySize[] = [1024, 8192]

/** Larger than every frame but a leaf list; what is longer is refused unread. */
export const MAX_FRAME_BYTES = 16 * 1024

/** Room for an epoch's frame and 2^20 leaves of 32 bytes. */
export const MAX_EPOCH_BYTES = 32 * 2 ** 20 + 1024

/** For so long after it closed, an epoch still serves requests that were under way. In milliseconds. */
export const EPOCH_GRACE = 10 * 60_000

/** For so long after an epoch closed, a lost answer can be had again. In milliseconds. */
export const ANSWER_RETENTION = 7 * 24 * 3_600_000

/** Requests that a PVS takes at a time where nobody says otherwise: some seconds of work for one core. */
export const DEFAULT_CAPACITY = 256

export function isKeySize(value: number): value is KeySize {
  return KEY_SIZES.some((size) => size === value)
}
