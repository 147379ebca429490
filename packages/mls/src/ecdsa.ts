import { expand } from "@noble/hashes/hkdf.js"
import { sha256, sha384, sha512 } from "@noble/hashes/sha2.js"
import { utf8, type Bytes } from "@starling/kernel"

import type { Signature } from "./crypto-provider.ts"
import { CurvePoints } from "./curve-points.ts"
import { decodeEcdsaSignature, encodeEcdsaSignature } from "./ecdsa-signature.ts"
import { NIST_CURVES, type NistCurve } from "./nist-curves.ts"

/** What differs from library to library: the slow part. */
export interface EcdsaArithmetic {
  publicKey(privateKey: Uint8Array): Bytes
  /** `compact` is `r || s`, the key uncompressed. False where the key is not on the curve. */
  verify(publicKey: Uint8Array, content: Uint8Array, compact: Uint8Array): boolean
}

const PRIVATE_KEYS = {
  "P-256": { hash: sha256, length: 32, bitmask: 0xff },
  "P-384": { hash: sha384, length: 48, bitmask: 0xff },
  "P-521": { hash: sha512, length: 66, bitmask: 0x01 },
} as const

const EXACT = { format: "compact", prehash: true, lowS: false, extraEntropy: false } as const

/**
 * ECDSA (FIPS 186-5) with the curve's own hash. Nonces follow RFC 6979, since every random byte is given and there is
 * none to give; so signing is by @noble/curves, whatever the provider.
 */
export function ecdsa(name: NistCurve, arithmetic: EcdsaArithmetic): Signature {
  const curve = NIST_CURVES[name]
  const { hash, length, bitmask } = PRIVATE_KEYS[name]

  /** The seed, or what is expanded from it where it is no scalar: on P-256 once in 2^32 seeds. */
  function privateKeyOf(seed: Uint8Array): Bytes {
    for (let counter = 0; counter < 256; counter++) {
      const candidate =
        counter === 0 ? new Uint8Array(seed) : expand(hash, seed, utf8(`ECDSA candidate ${counter}`), length)
      candidate[0] = (candidate[0] ?? 0) & bitmask
      if (curve.utils.isValidSecretKey(candidate)) return candidate
    }
    throw new RangeError(`no private key follows from ${seed.length} bytes; a seed has ${length}`)
  }

  return {
    seedLength: length,
    deriveKeyPair(seed) {
      const privateKey = privateKeyOf(seed)
      return { privateKey, publicKey: arithmetic.publicKey(privateKey) }
    },
    sign: (privateKey, content) => encodeEcdsaSignature(curve.sign(content, privateKey, EXACT)),
    verify(publicKey, content, signature) {
      if (!CurvePoints.isUncompressed(publicKey, length)) return false
      const compact = decodeEcdsaSignature(signature, length)
      return compact !== undefined && arithmetic.verify(publicKey, content, compact)
    },
  }
}
