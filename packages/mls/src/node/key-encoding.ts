import { concat, fromHex, type Bytes } from "@starling/kernel"

import type { NistCurve } from "../nist-curves.ts"

/** How Node takes and gives the keys of one curve: as DER, since raw ones are understood by its latest versions only. */
export interface KeyEncoding {
  /** What stands before a private key in PKCS #8 (RFC 5958). */
  readonly privateStart: Bytes
  /** What stands before a public key in a SubjectPublicKeyInfo (RFC 5280, 4.1). */
  readonly publicStart: Bytes
}

type Curve = NistCurve | "Ed25519" | "Ed448" | "X25519" | "X448" | "ML-KEM-768"

const [INTEGER, BIT_STRING, OCTET_STRING, SEQUENCE] = [0x02, 0x03, 0x04, 0x30]
/** The `seed` of RFC 9935, 6: tag 0, implicit. */
const SEED = 0x80

const EC = "06072a8648ce3d0201"

export const KEY_ENCODINGS: Readonly<Record<Curve, KeyEncoding>> = {
  // RFC 8410
  X25519: encoding("06032b656e", 32, 32, octets),
  X448: encoding("06032b656f", 56, 56, octets),
  Ed25519: encoding("06032b6570", 32, 32, octets),
  Ed448: encoding("06032b6571", 57, 57, octets),
  // RFC 5480, RFC 5915
  "P-256": encoding(`${EC}06082a8648ce3d030107`, 32, 65, ecPrivateKey),
  "P-384": encoding(`${EC}06052b81040022`, 48, 97, ecPrivateKey),
  "P-521": encoding(`${EC}06052b81040023`, 66, 133, ecPrivateKey),
  // RFC 9935
  "ML-KEM-768": encoding("0609608648016503040402", 64, 1184, (seed) => tagged(SEED, seed)),
}

/** Builds each form around a key of zeros and cuts that off: only what stands before it is the same for all keys. */
function encoding(
  algorithm: string,
  privateLength: number,
  publicLength: number,
  wrap: (privateKey: Uint8Array) => Bytes,
): KeyEncoding {
  const identifier = tagged(SEQUENCE, fromHex(algorithm) ?? new Uint8Array(0))
  const version = tagged(INTEGER, new Uint8Array([0]))
  const secret = tagged(OCTET_STRING, wrap(new Uint8Array(privateLength)))
  const bits = tagged(BIT_STRING, new Uint8Array(1 + publicLength))
  return {
    privateStart: tagged(SEQUENCE, concat(version, identifier, secret)).slice(0, -privateLength),
    publicStart: tagged(SEQUENCE, concat(identifier, bits)).slice(0, -publicLength),
  }
}

function octets(privateKey: Uint8Array): Bytes {
  return tagged(OCTET_STRING, privateKey)
}

function ecPrivateKey(privateKey: Uint8Array): Bytes {
  return tagged(SEQUENCE, concat(tagged(INTEGER, new Uint8Array([1])), octets(privateKey)))
}

function tagged(tag: number, body: Uint8Array): Bytes {
  const { length } = body
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return concat(new Uint8Array([tag, ...size]), body)
}
