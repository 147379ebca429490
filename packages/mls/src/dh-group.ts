import { fromHex, type Bytes } from "@starling/kernel"

import type { KeyExchange } from "./ciphersuite.ts"

export type Curve = Exclude<KeyExchange, "X-Wing">

/** What RFC 9180 says of a Diffie-Hellman group. */
export interface DhParameters {
  /** RFC 9180, 7.1. */
  readonly kem: number
  readonly privateKeyLength: number
  /** Which strings of that length are private keys (RFC 9180, 7.1.3). */
  readonly scalars: "any" | { readonly bitmask: number; readonly order: Bytes }
}

/** A Diffie-Hellman group whose private keys are plain byte strings. */
export interface DhGroup extends DhParameters {
  publicKey(privateKey: Uint8Array): Bytes
  /** RFC 9180, 7.1.4: on the curve, and not of small order. */
  isPublicKey(publicKey: Uint8Array): boolean
  /** Only of what `isPublicKey` takes. */
  sharedSecret(privateKey: Uint8Array, publicKey: Uint8Array): Bytes
}

/** Big-endian (SEC 2). */
const ORDERS = {
  P256: "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
  P384: `${"ff".repeat(24)}c7634d81f4372ddf581a0db248b0a77aecec196accc52973`,
  P521: `01${"ff".repeat(32)}fa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409`,
} as const

export const DH_PARAMETERS: Readonly<Record<Curve, DhParameters>> = {
  "P-256": { kem: 0x0010, privateKeyLength: 32, scalars: { bitmask: 0xff, order: order(ORDERS.P256) } },
  "P-384": { kem: 0x0011, privateKeyLength: 48, scalars: { bitmask: 0xff, order: order(ORDERS.P384) } },
  "P-521": { kem: 0x0012, privateKeyLength: 66, scalars: { bitmask: 0x01, order: order(ORDERS.P521) } },
  X25519: { kem: 0x0020, privateKeyLength: 32, scalars: "any" },
  X448: { kem: 0x0021, privateKeyLength: 56, scalars: "any" },
}

function order(hex: string): Bytes {
  const bytes = fromHex(hex)
  if (bytes === undefined) throw new RangeError(`${hex} is not hexadecimal`)
  return bytes
}
