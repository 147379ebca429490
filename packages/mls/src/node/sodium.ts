import { createRequire } from "node:module"

/** What is used of sodium-native: each writes into its first argument, and throws where the arguments have wrong sizes. */
export interface Sodium {
  crypto_sign_seed_keypair(publicKey: Uint8Array, secretKey: Uint8Array, seed: Uint8Array): void
  crypto_sign_detached(signature: Uint8Array, content: Uint8Array, secretKey: Uint8Array): void
  crypto_sign_verify_detached(signature: Uint8Array, content: Uint8Array, publicKey: Uint8Array): boolean
  crypto_scalarmult_base(publicKey: Uint8Array, privateKey: Uint8Array): void
  crypto_scalarmult(shared: Uint8Array, privateKey: Uint8Array, publicKey: Uint8Array): void
  crypto_aead_chacha20poly1305_ietf_encrypt(
    ciphertext: Uint8Array,
    plaintext: Uint8Array,
    associatedData: Uint8Array | null,
    secretNonce: null,
    nonce: Uint8Array,
    key: Uint8Array,
  ): void
  /** Throws where the ciphertext does not authenticate. */
  crypto_aead_chacha20poly1305_ietf_decrypt(
    plaintext: Uint8Array,
    secretNonce: null,
    ciphertext: Uint8Array,
    associatedData: Uint8Array | null,
    nonce: Uint8Array,
    key: Uint8Array,
  ): void
}

const USED = [
  "crypto_sign_seed_keypair",
  "crypto_sign_detached",
  "crypto_sign_verify_detached",
  "crypto_scalarmult_base",
  "crypto_scalarmult",
  "crypto_aead_chacha20poly1305_ietf_encrypt",
  "crypto_aead_chacha20poly1305_ietf_decrypt",
]

/** libsodium, or `undefined` where it is not installed or has no binary for this system. */
export const sodium: Sodium | undefined = load()

function load(): Sodium | undefined {
  try {
    const loaded: unknown = createRequire(import.meta.url)("sodium-native")
    return isSodium(loaded) ? loaded : undefined
  } catch {
    return undefined // an optional dependency: node:crypto does the same, more slowly
  }
}

function isSodium(value: unknown): value is Sodium {
  if (typeof value !== "object" || value === null) return false
  const functions = new Map(Object.entries(value))
  return USED.every((name) => typeof functions.get(name) === "function")
}
