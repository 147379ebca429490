import { decode as cborgDecode, encode as cborgEncode } from "cborg"

import { malformed, ok, type Bytes, type Decoded } from "@starling/kernel"

/** What Starling puts into CBOR: extensible content inside a ciphertext. Text keys only; integers within 53 bits. */
export type CborValue =
  | string
  | number
  | boolean
  | Uint8Array
  | readonly CborValue[]
  | { readonly [key: string]: CborValue | undefined }

/** Deterministic CBOR (RFC 8949, 4.2.1). Fields that are `undefined` are left out. */
export function encodeCbor(value: CborValue): Bytes {
  return new Uint8Array(cborgEncode(value, { ignoreUndefinedProperties: true }))
}

/** Strict: no indefinite lengths, no duplicate keys, no tags, no floats that are integers, nothing left over. */
export function decodeCbor(bytes: Uint8Array, max: number): Decoded<unknown> {
  if (bytes.length > max) return malformed(`${bytes.length} bytes where ${max} are allowed`)
  try {
    return ok(
      cborgDecode(bytes, {
        strict: true,
        allowIndefinite: false,
        allowUndefined: false,
        allowNaN: false,
        allowInfinity: false,
        allowBigInt: false,
        rejectDuplicateMapKeys: true,
      }),
    )
  } catch (error) {
    return malformed(error instanceof Error ? error.message : "not CBOR")
  }
}
