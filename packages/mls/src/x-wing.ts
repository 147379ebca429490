import { sha3_256, shake256 } from "@noble/hashes/sha3.js"
import { concat, type Bytes } from "@starling/kernel"

import type { Kem } from "./crypto-provider.ts"
import type { DhGroup } from "./dh-group.ts"
import {
  isMlKemPublicKey,
  ML_KEM_CIPHERTEXT,
  ML_KEM_PUBLIC_KEY,
  mlKemEncapsulation,
  type MlKem768,
  type MlKemEncapsulation,
} from "./ml-kem.ts"

const PRIVATE_KEY = 32
const X25519_KEY = 32
const PUBLIC_KEY = ML_KEM_PUBLIC_KEY + X25519_KEY
const KEM_OUTPUT = ML_KEM_CIPHERTEXT + X25519_KEY
const LABEL = new Uint8Array([0x5c, 0x2e, 0x2f, 0x2f, 0x5e, 0x5c])

/** What the 32 bytes of a private key stand for (draft-connolly-cfrg-xwing-kem, 5.2). */
interface Expanded {
  readonly mlKemSeed: Bytes
  readonly x25519PrivateKey: Bytes
  readonly x25519PublicKey: Bytes
}

/** The halves of a public key that can be encapsulated to. */
interface Recipient {
  readonly mlKem: MlKemEncapsulation
  readonly x25519PublicKey: Bytes
}

/**
 * X-Wing (draft-connolly-cfrg-xwing-kem): secret as long as either ML-KEM-768 or X25519 is. The draft lets an X25519 half
 * of small order pass; it is refused here, as RFC 9180, 7.1.4 has it of X25519 alone.
 */
export function xWing(mlKem: MlKem768, x25519: DhGroup): Kem {
  /** By the array that holds the private key. */
  const expanded = new WeakMap<Uint8Array, Expanded>()

  function expand(privateKey: Uint8Array): Expanded {
    const known = expanded.get(privateKey)
    if (known !== undefined) return known
    const bytes = shake256(privateKey, { dkLen: 96 })
    const x25519PrivateKey = bytes.slice(64)
    const x25519PublicKey = x25519.publicKey(x25519PrivateKey)
    const made = { mlKemSeed: bytes.slice(0, 64), x25519PrivateKey, x25519PublicKey }
    expanded.set(privateKey, made)
    return made
  }

  /** By the array that holds the public key. */
  const recipients = new WeakMap<Uint8Array, Recipient>()

  function recipientOf(publicKey: Uint8Array): Recipient | undefined {
    const known = recipients.get(publicKey)
    if (known !== undefined) return known
    if (!isPublicKey(publicKey)) return undefined
    const mlKemPublicKey = publicKey.slice(0, ML_KEM_PUBLIC_KEY)
    const made = { mlKem: mlKemEncapsulation(mlKemPublicKey), x25519PublicKey: publicKey.slice(ML_KEM_PUBLIC_KEY) }
    recipients.set(publicKey, made)
    return made
  }

  const isPublicKey = (publicKey: Uint8Array): boolean =>
    publicKey.length === PUBLIC_KEY &&
    isMlKemPublicKey(publicKey.subarray(0, ML_KEM_PUBLIC_KEY)) &&
    x25519.isPublicKey(publicKey.subarray(ML_KEM_PUBLIC_KEY))

  return {
    seedLength: PRIVATE_KEY,
    encapsulationSeedLength: 64,
    deriveKeyPair(seed) {
      const privateKey = shake256(seed, { dkLen: PRIVATE_KEY })
      const { mlKemSeed, x25519PublicKey } = expand(privateKey)
      return { privateKey, publicKey: concat(mlKem.publicKey(mlKemSeed), x25519PublicKey) }
    },
    isPublicKey,
    encapsulate(publicKey, seed) {
      if (seed.length !== 64) throw new RangeError(`an encapsulation takes 64 bytes, not ${seed.length}`)
      const recipient = recipientOf(publicKey)
      if (recipient === undefined) return undefined
      const half = recipient.mlKem(seed.subarray(0, 32))
      const ephemeral = seed.slice(32)
      const x25519Output = x25519.publicKey(ephemeral)
      const dh = x25519.sharedSecret(ephemeral, recipient.x25519PublicKey)
      const sharedSecret = combine(half.sharedSecret, dh, x25519Output, recipient.x25519PublicKey)
      return { sharedSecret, kemOutput: concat(half.cipherText, x25519Output) }
    },
    decapsulate(privateKey, kemOutput) {
      if (kemOutput.length !== KEM_OUTPUT) return undefined
      const x25519Output = kemOutput.slice(ML_KEM_CIPHERTEXT)
      if (!x25519.isPublicKey(x25519Output)) return undefined
      const { mlKemSeed, x25519PrivateKey, x25519PublicKey } = expand(privateKey)
      const half = mlKem.decapsulate(mlKemSeed, kemOutput.subarray(0, ML_KEM_CIPHERTEXT))
      return combine(half, x25519.sharedSecret(x25519PrivateKey, x25519Output), x25519Output, x25519PublicKey)
    },
  }
}

/** draft-connolly-cfrg-xwing-kem, 5.3. */
function combine(mlKemSecret: Uint8Array, dh: Uint8Array, kemOutput: Uint8Array, publicKey: Uint8Array): Bytes {
  return sha3_256(concat(mlKemSecret, dh, kemOutput, publicKey, LABEL))
}
