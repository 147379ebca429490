import { concat, equalBytes, type Bytes } from "@starling/kernel"

const SEQUENCE = 0x30
const INTEGER = 0x02

/** RFC 9420, 5.1.2: ECDSA-Sig-Value (RFC 3279, 2.2.3) in DER of `r || s`, both of the same length. */
export function encodeEcdsaSignature(compact: Uint8Array): Bytes {
  const half = compact.length / 2
  const body = concat(integer(compact.subarray(0, half)), integer(compact.subarray(half)))
  const length = body.length < 0x80 ? [body.length] : [0x81, body.length]
  return concat(new Uint8Array([SEQUENCE, ...length]), body)
}

/**
 * `r || s`, each of `length` bytes. `undefined` for all that `encodeEcdsaSignature` does not give, so that no library's
 * own leniency decides what a valid signature is.
 */
export function decodeEcdsaSignature(der: Uint8Array, length: number): Bytes | undefined {
  let at = der[1] === 0x81 ? 3 : 2
  const compact = new Uint8Array(2 * length)
  for (let end = length; end <= 2 * length; end += length) {
    const size = der[at + 1] ?? 0
    const value = withoutLeadingZero(der.subarray(at + 2, at + 2 + size))
    if (value.length > length) return undefined
    compact.set(value, end - value.length)
    at += 2 + size
  }
  return equalBytes(encodeEcdsaSignature(compact), der) ? compact : undefined
}

function integer(value: Uint8Array): Bytes {
  const significant = value.findIndex((byte) => byte !== 0)
  const minimal = significant < 0 ? value.subarray(-1) : value.subarray(significant)
  const sign = (minimal[0] ?? 0) >= 0x80 ? [0] : []
  return concat(new Uint8Array([INTEGER, minimal.length + sign.length, ...sign]), minimal)
}

function withoutLeadingZero(value: Uint8Array): Uint8Array {
  return value[0] === 0 && value.length > 1 ? value.subarray(1) : value
}
