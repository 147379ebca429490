import { sha512 } from "@noble/hashes/sha2.js"
import { concat, equalBytes } from "@starling/kernel"

import type { SignatureScheme } from "../ciphersuite.ts"
import type { Signature } from "../crypto-provider.ts"
import { CurvePoints } from "../curve-points.ts"
import { ecdsa } from "../ecdsa.ts"
import { NIST_CURVES, type NistCurve } from "../nist-curves.ts"
import { ed25519, ed448 } from "./curves.ts"

/** Signatures by @noble/curves. */
export const NOBLE_SIGNATURES: Readonly<Record<SignatureScheme, Signature>> = {
  Ed25519: edwards(ed25519, 32, verifyEd25519),
  Ed448: edwards(ed448, 57, verifyEd448),
  "P-256": nist("P-256"),
  "P-384": nist("P-384"),
  "P-521": nist("P-521"),
}

function edwards(curve: typeof ed25519, length: number, verify: Signature["verify"]): Signature {
  return {
    seedLength: length,
    deriveKeyPair: (seed) => ({ privateKey: new Uint8Array(seed), publicKey: curve.getPublicKey(seed) }),
    sign: (privateKey, content) => curve.sign(content, privateKey),
    verify,
  }
}

/**
 * RFC 8032, 5.1.7, by the equation without the cofactor, as OpenSSL and libsodium have it: the library's own verdict
 * multiplies by the cofactor, and so takes signatures with a part of small order that the others refuse.
 */
function verifyEd25519(publicKey: Uint8Array, content: Uint8Array, signature: Uint8Array): boolean {
  const r = signature.subarray(0, 32)
  if (signature.length !== 64 || !CurvePoints.isEd25519(publicKey) || !CurvePoints.isEd25519(r)) return false
  const { Point } = ed25519
  const { Fn } = Point
  const s = littleEndian(signature.subarray(32))
  if (s >= Fn.ORDER) return false
  try {
    const k = Fn.create(littleEndian(sha512(concat(r, publicKey, content))))
    const a = Point.fromBytes(publicKey)
    return equalBytes(Point.BASE.multiplyUnsafe(s).subtract(a.multiplyUnsafe(k)).toBytes(), r)
  } catch {
    return false // the library's way to say that the key is not on the curve
  }
}

/** RFC 8032, 5.2.7: here all multiply by the cofactor. */
function verifyEd448(publicKey: Uint8Array, content: Uint8Array, signature: Uint8Array): boolean {
  return (
    signature.length === 114 &&
    CurvePoints.isEd448(publicKey) &&
    CurvePoints.isEd448(signature.subarray(0, 57)) &&
    ed448.verify(signature, content, publicKey)
  )
}

function nist(name: NistCurve): Signature {
  const curve = NIST_CURVES[name]
  return ecdsa(name, {
    publicKey: (privateKey) => curve.getPublicKey(privateKey, false),
    verify: (publicKey, content, compact) =>
      curve.verify(compact, content, publicKey, { format: "compact", prehash: true, lowS: false }),
  })
}

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] ?? 0)
  return value
}
