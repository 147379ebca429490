import { ml_kem768 } from "@noble/post-quantum/ml-kem.js"
import type { Bytes } from "@starling/kernel"

/** ML-KEM-768 (FIPS 203) with its private keys as the 64 bytes `d || z`. */
export interface MlKem768 {
  publicKey(seed: Uint8Array): Bytes
  /** Of a ciphertext of the right length; one that was not made for the key gives a secret nobody else has. */
  decapsulate(seed: Uint8Array, ciphertext: Uint8Array): Bytes
}

export const ML_KEM_PUBLIC_KEY = 1184
export const ML_KEM_CIPHERTEXT = 1088

const MODULUS = 3329
/** Bytes of the coefficients, 12 bits each; the 32 bytes after them may be anything. */
const COEFFICIENTS = 1152

/** FIPS 203, 7.2: the encapsulation key check. */
export function isMlKemPublicKey(publicKey: Uint8Array): boolean {
  if (publicKey.length !== ML_KEM_PUBLIC_KEY) return false
  for (let i = 0; i < COEFFICIENTS; i += 3) {
    const middle = publicKey[i + 1] ?? 0
    const low = (publicKey[i] ?? 0) | ((middle & 0x0f) << 8)
    const high = (middle >> 4) | ((publicKey[i + 2] ?? 0) << 4)
    if (low >= MODULUS || high >= MODULUS) return false
  }
  return true
}

export interface MlKemEncapsulated {
  readonly sharedSecret: Uint8Array
  readonly cipherText: Uint8Array
}

export type MlKemEncapsulation = (seed: Uint8Array) => MlKemEncapsulated

/**
 * Encapsulation to a key that `isMlKemPublicKey` takes. By @noble/post-quantum whatever the provider, since OpenSSL's
 * takes no seed. The matrix of the key is kept from the second time on: it is half of the work, and some keys are used
 * only once.
 */
export function mlKemEncapsulation(publicKey: Uint8Array): MlKemEncapsulation {
  let times = 0
  let encapsulate: MlKemEncapsulation = (seed) => ml_kem768.encapsulate(publicKey, seed)
  return (seed) => {
    if (++times === 2) encapsulate = ml_kem768.prepare(publicKey).encapsulate
    return encapsulate(seed)
  }
}
