import { concat, utf8, type Bytes } from "@starling/kernel"

/** ITU-T X.690, DER: as much of it as a certificate needs. */
export const der = {
  sequence: (...parts: readonly Uint8Array[]): Bytes => tagged(0x30, ...parts),
  set: (...parts: readonly Uint8Array[]): Bytes => tagged(0x31, ...parts),
  /** A non-negative number, big-endian. */
  integer: (bytes: Uint8Array): Bytes =>
    tagged(0x02, (bytes[0] ?? 0) >= 0x80 ? concat(Uint8Array.of(0), bytes) : bytes),
  boolean: (value: boolean): Bytes => tagged(0x01, Uint8Array.of(value ? 0xff : 0)),
  octets: (bytes: Uint8Array): Bytes => tagged(0x04, bytes),
  /** Bits in whole bytes, of which the last has `unused` that don't count. */
  bits: (bytes: Uint8Array, unused = 0): Bytes => tagged(0x03, Uint8Array.of(unused), bytes),
  text: (text: string): Bytes => tagged(0x0c, utf8(text)),
  /** Object identifiers are few, and are given encoded. */
  identifier: (bytes: readonly number[]): Bytes => tagged(0x06, Uint8Array.from(bytes)),
  /** Years from 2050 on have four digits. */
  time(at: Date): Bytes {
    const digits = `${at.toISOString().replaceAll(/[-:T]/g, "").slice(0, 14)}Z`
    return at.getUTCFullYear() < 2050 ? tagged(0x17, utf8(digits.slice(2))) : tagged(0x18, utf8(digits))
  },
  /** `[number]`, constructed and explicit. */
  explicit: (number: number, ...parts: readonly Uint8Array[]): Bytes => tagged(0xa0 | number, ...parts),
  /** `[number]`, primitive and implicit. */
  implicit: (number: number, bytes: Uint8Array): Bytes => tagged(0x80 | number, bytes),
}

function tagged(tag: number, ...parts: readonly Uint8Array[]): Bytes {
  const body = concat(...parts)
  return concat(Uint8Array.of(tag, ...lengthOf(body.length)), body)
}

function lengthOf(length: number): readonly number[] {
  if (length < 0x80) return [length]
  if (length < 0x100) return [0x81, length]
  return [0x82, length >> 8, length & 0xff]
}
