import type { Bytes } from "@starling/kernel"

import type { Ciphersuite } from "./ciphersuite.ts"

export interface KeyPair {
  readonly publicKey: Bytes
  readonly privateKey: Bytes
}

export interface SignatureKeyPair {
  readonly publicKey: Bytes
  readonly privateKey: Bytes
}

/** RFC 9420, 7.6. */
export interface HpkeCiphertext {
  readonly kemOutput: Bytes
  readonly ciphertext: Bytes
}

/** A key encapsulation mechanism (RFC 9180, 4) that is given its randomness. `undefined`: a peer's bytes are no key. */
export interface Kem {
  /** Bytes of fresh randomness that a key pair is made of. */
  readonly seedLength: number
  /** Bytes of fresh randomness that an encapsulation is made of. */
  readonly encapsulationSeedLength: number
  deriveKeyPair(seed: Uint8Array): KeyPair
  /** Whether `encapsulate` takes it, whatever the seed. */
  isPublicKey(publicKey: Uint8Array): boolean
  encapsulate(
    publicKey: Uint8Array,
    seed: Uint8Array,
  ): { readonly sharedSecret: Bytes; readonly kemOutput: Bytes } | undefined
  decapsulate(privateKey: Uint8Array, kemOutput: Uint8Array): Bytes | undefined
}

/** HKDF (RFC 5869) and HMAC over the hash of the suite. */
export interface Kdf {
  hmac(key: Uint8Array, data: Uint8Array): Bytes
  extract(salt: Uint8Array, inputKeyMaterial: Uint8Array): Bytes
  expand(secret: Uint8Array, info: Uint8Array, length: number): Bytes
}

export interface Aead {
  seal(key: Uint8Array, nonce: Uint8Array, associatedData: Uint8Array, plaintext: Uint8Array): Bytes
  /** `undefined` where the ciphertext does not authenticate. */
  open(key: Uint8Array, nonce: Uint8Array, associatedData: Uint8Array, ciphertext: Uint8Array): Bytes | undefined
}

export interface Signature {
  readonly seedLength: number
  deriveKeyPair(seed: Uint8Array): SignatureKeyPair
  sign(privateKey: Uint8Array, content: Uint8Array): Bytes
  verify(publicKey: Uint8Array, content: Uint8Array, signature: Uint8Array): boolean
}

/** The primitives of one cipher suite: synchronous, and without any randomness of their own. */
export interface CryptoProvider extends Kdf {
  readonly suite: Ciphersuite
  /** The libraries that do the work, in plain words: for people and reports, never for decisions. */
  readonly primitives: string
  readonly kem: Kem
  readonly aead: Aead
  readonly signature: Signature
  hash(data: Uint8Array): Bytes
}
