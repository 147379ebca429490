import { CurvePoints } from "../curve-points.ts"
import { DH_PARAMETERS, type Curve, type DhGroup } from "../dh-group.ts"
import { NIST_CURVES, type NistCurve } from "../nist-curves.ts"
import { x25519, x448 } from "./curves.ts"

/** Diffie-Hellman by @noble/curves. */
export const NOBLE_DH: Readonly<Record<Curve, DhGroup>> = {
  "P-256": nist("P-256"),
  "P-384": nist("P-384"),
  "P-521": nist("P-521"),
  X25519: {
    ...DH_PARAMETERS.X25519,
    isPublicKey: CurvePoints.isX25519,
    publicKey: (privateKey) => x25519.getPublicKey(privateKey),
    sharedSecret: (privateKey, publicKey) => x25519.getSharedSecret(privateKey, publicKey),
  },
  X448: {
    ...DH_PARAMETERS.X448,
    isPublicKey: CurvePoints.isX448,
    publicKey: (privateKey) => x448.getPublicKey(privateKey),
    sharedSecret: (privateKey, publicKey) => x448.getSharedSecret(privateKey, publicKey),
  },
}

function nist(name: NistCurve): DhGroup {
  const parameters = DH_PARAMETERS[name]
  const curve = NIST_CURVES[name]
  return {
    ...parameters,
    isPublicKey: (publicKey) =>
      CurvePoints.isUncompressed(publicKey, parameters.privateKeyLength) && curve.utils.isValidPublicKey(publicKey),
    publicKey: (privateKey) => curve.getPublicKey(privateKey, false),
    /** RFC 9180, 4.1: the x-coordinate alone. */
    sharedSecret: (privateKey, publicKey) => curve.getSharedSecret(privateKey, publicKey, true).slice(1),
  }
}
