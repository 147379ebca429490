import { malformed, ok, type Brand, type Bytes, type Decoded } from "@starling/kernel"

/** The order r of bn254: the modulus of everything that the circuit computes. */
export const FIELD_ORDER = 0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001n

/** Length of the one encoding of a field element: big-endian, less than r. */
export const FIELD_BYTES = 32

/** An integer `0 <= x < r`. */
export type FieldElement = Brand<bigint, "FieldElement">

export const FieldElement = {
  of(value: bigint): FieldElement {
    if (!isFieldElement(value)) throw new RangeError("a field element is at least 0 and less than r")
    return value
  },

  /** Refuses `x + r`, which a hash or a store would take for another value than `x`. */
  fromBytes(bytes: Uint8Array): Decoded<FieldElement> {
    if (bytes.length !== FIELD_BYTES) return malformed("a field element has 32 bytes")
    const value = integerOf(bytes)
    return isFieldElement(value) ? ok(value) : malformed("not less than r")
  },

  /** The first 31 bytes of a hash with 256 bits, or of as many random bytes: what can't reach r and so needs no reduction. */
  fromDigest(digest: Uint8Array): FieldElement {
    if (digest.length !== FIELD_BYTES) throw new RangeError(`a digest has 32 bytes, got ${digest.length}`)
    return FieldElement.of(integerOf(digest.subarray(0, FIELD_BYTES - 1)))
  },

  toBytes(element: FieldElement): Bytes {
    return bytesOf(element)
  },
}

export function isFieldElement(value: bigint): value is FieldElement {
  return value >= 0n && value < FIELD_ORDER
}

/** Reads a big-endian integer of any length. */
export function integerOf(bytes: Uint8Array): bigint {
  let value = 0n
  for (const byte of bytes) value = (value << 8n) | BigInt(byte)
  return value
}

/** Writes an integer below 2^256 as 32 bytes, big-endian. */
export function bytesOf(value: bigint): Bytes {
  const out = new Uint8Array(FIELD_BYTES)
  let rest = value
  for (let i = FIELD_BYTES - 1; i >= 0; i--) {
    out[i] = Number(rest & 0xffn)
    rest >>= 8n
  }
  return out
}
