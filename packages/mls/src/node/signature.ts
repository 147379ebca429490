import { sign, verify } from "node:crypto"

import type { HashName, SignatureScheme } from "../ciphersuite.ts"
import type { Signature } from "../crypto-provider.ts"
import { CurvePoints } from "../curve-points.ts"
import { ecdsa } from "../ecdsa.ts"
import type { NistCurve } from "../nist-curves.ts"
import { KeyCache } from "./key-cache.ts"
import { KEY_ENCODINGS, type KeyEncoding } from "./key-encoding.ts"

/** Signatures by OpenSSL, except that ECDSA is only verified by it. */
export const NODE_SIGNATURES: Readonly<Record<SignatureScheme, Signature>> = {
  Ed25519: edwards(KEY_ENCODINGS.Ed25519, 32, CurvePoints.isEd25519),
  Ed448: edwards(KEY_ENCODINGS.Ed448, 57, CurvePoints.isEd448),
  "P-256": nist("P-256", "sha256"),
  "P-384": nist("P-384", "sha384"),
  "P-521": nist("P-521", "sha512"),
}

/** RFC 8032: deterministic. OpenSSL's own judgement stands, but for keys and points R that `isPoint` says are none. */
function edwards(encoding: KeyEncoding, length: number, isPoint: (encoded: Uint8Array) => boolean): Signature {
  const keys = new KeyCache(encoding)
  return {
    seedLength: length,
    deriveKeyPair(seed) {
      const privateKey = new Uint8Array(seed)
      return { privateKey, publicKey: keys.publicKeyOf(privateKey) }
    },
    sign: (privateKey, content) => new Uint8Array(sign(null, content, keys.privateKey(privateKey))),
    verify: (publicKey, content, signature) =>
      signature.length === 2 * length &&
      isPoint(publicKey) &&
      isPoint(signature.subarray(0, length)) &&
      verify(null, content, keys.publicKey(publicKey), signature),
  }
}

function nist(curve: NistCurve, hash: HashName): Signature {
  const keys = new KeyCache(KEY_ENCODINGS[curve])
  return ecdsa(curve, {
    publicKey: (privateKey) => keys.publicKeyOf(privateKey),
    verify: (publicKey, content, compact) =>
      keys.isOnCurve(publicKey) &&
      verify(hash, content, { key: keys.publicKey(publicKey), dsaEncoding: "ieee-p1363" }, compact),
  })
}
