import { chacha20poly1305 } from "@noble/ciphers/chacha.js"
import { hkdf } from "@noble/hashes/hkdf.js"
import { sha256 } from "@noble/hashes/sha2.js"
import { ml_kem768_x25519 as xWing } from "@noble/post-quantum/hybrid.js"
import { malformed, ok, wipe, type Bytes, type Decoded } from "@starling/kernel"
import type { FieldElement } from "@starling/proof"
import { encode } from "@starling/wire"
import { writeField } from "./frames/field.ts"
import { writeHead } from "./frames/head.ts"

/** X-Wing (ML-KEM-768 and X25519): the seed that stands for a secret key, and what an encapsulation consumes. */
export const KEM_SEED_BYTES = 32
export const ENCAPSULATION_RANDOMNESS_BYTES = 64

export interface DeliveryBinding {
  readonly context: FieldElement
  readonly nullifier: FieldElement
  readonly localProvider: Uint8Array
}

export interface SealedKey {
  readonly kemCiphertext: Bytes
  readonly sealedKey: Bytes
}

export function kemPublicKeyOf(seed: Uint8Array): Bytes {
  return new Uint8Array(xWing.keygen(seed).publicKey)
}

/** Encrypts `key` to the user. `malformed` where `kemPublicKey` is no valid X-Wing key. */
export function sealKey(
  key: Uint8Array,
  kemPublicKey: Uint8Array,
  binding: DeliveryBinding,
  randomness: Uint8Array,
): Decoded<SealedKey> {
  const encapsulated = encapsulate(kemPublicKey, randomness)
  if (encapsulated === undefined) return malformed("not an X-Wing key")
  const { cipher, forget } = cipherFor(encapsulated.sharedSecret, binding)
  const sealedKey = new Uint8Array(cipher.encrypt(key))
  forget()
  return ok({ kemCiphertext: new Uint8Array(encapsulated.cipherText), sealedKey })
}

/** The inverse, for the holder of the seed; `malformed` where anything was changed. */
export function openKey(sealed: SealedKey, seed: Uint8Array, binding: DeliveryBinding): Decoded<Bytes> {
  const sharedSecret = decapsulate(sealed.kemCiphertext, seed)
  return sharedSecret === undefined ? malformed("not encrypted to this key") : unseal(sealed, sharedSecret, binding)
}

/** The inverse for whoever has the shared secret, which is wiped; `malformed` where anything was changed. */
export function unseal(
  { sealedKey }: Pick<SealedKey, "sealedKey">,
  sharedSecret: Uint8Array,
  binding: DeliveryBinding,
): Decoded<Bytes> {
  const { cipher, forget } = cipherFor(sharedSecret, binding)
  try {
    return ok(new Uint8Array(cipher.decrypt(sealedKey)))
  } catch {
    return malformed("not encrypted to this key, or changed")
  } finally {
    forget()
  }
}

function encapsulate(publicKey: Uint8Array, randomness: Uint8Array): ReturnType<typeof xWing.encapsulate> | undefined {
  try {
    return xWing.encapsulate(publicKey, randomness)
  } catch {
    return undefined
  }
}

function decapsulate(ciphertext: Uint8Array, seed: Uint8Array): Uint8Array | undefined {
  try {
    return xWing.decapsulate(ciphertext, seed)
  } catch {
    return undefined
  }
}

/** The shared secret is fresh for each delivery, so that key and nonce both come from it; it is wiped here. */
function cipherFor(sharedSecret: Uint8Array, binding: DeliveryBinding) {
  const bound = encode((w) =>
    writeField(writeField(writeHead(w, "delivery"), binding.context), binding.nullifier).fixed(binding.localProvider),
  )
  const material = hkdf(sha256, sharedSecret, undefined, bound, 44)
  wipe(sharedSecret)
  const key = material.slice(0, 32)
  const cipher = chacha20poly1305(key, material.slice(32), bound)
  return { cipher, forget: (): void => wipe(material, key) }
}
