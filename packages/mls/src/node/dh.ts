import { diffieHellman } from "node:crypto"

import { CurvePoints } from "../curve-points.ts"
import { DH_PARAMETERS, type Curve, type DhGroup } from "../dh-group.ts"
import type { NistCurve } from "../nist-curves.ts"
import { KeyCache } from "./key-cache.ts"
import { KEY_ENCODINGS } from "./key-encoding.ts"

const X25519 = new KeyCache(KEY_ENCODINGS.X25519)
const X448 = new KeyCache(KEY_ENCODINGS.X448)

/** Diffie-Hellman by OpenSSL. */
export const NODE_DH: Readonly<Record<Curve, DhGroup>> = {
  "P-256": nist("P-256"),
  "P-384": nist("P-384"),
  "P-521": nist("P-521"),
  X25519: { ...DH_PARAMETERS.X25519, ...agreement(X25519), isPublicKey: CurvePoints.isX25519 },
  X448: { ...DH_PARAMETERS.X448, ...agreement(X448), isPublicKey: CurvePoints.isX448 },
}

function nist(curve: NistCurve): DhGroup {
  const parameters = DH_PARAMETERS[curve]
  const keys = new KeyCache(KEY_ENCODINGS[curve])
  return {
    ...parameters,
    ...agreement(keys),
    isPublicKey: (publicKey) =>
      CurvePoints.isUncompressed(publicKey, parameters.privateKeyLength) && keys.isOnCurve(publicKey),
  }
}

function agreement(keys: KeyCache): Pick<DhGroup, "publicKey" | "sharedSecret"> {
  return {
    publicKey: (privateKey) => keys.publicKeyOf(privateKey),
    sharedSecret: (privateKey, publicKey) =>
      new Uint8Array(diffieHellman({ privateKey: keys.privateKey(privateKey), publicKey: keys.publicKey(publicKey) })),
  }
}
