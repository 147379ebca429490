/** Byte strings: joining, comparing, and the three text forms that Starling uses. */
export type Bytes = Uint8Array<ArrayBuffer>

const utf8Encoder = new TextEncoder()
const utf8Decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

export function concat(...parts: readonly Uint8Array[]): Bytes {
  let length = 0
  for (const part of parts) length += part.length
  const out = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/** Compares public byte strings; leaves early on the first difference. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Compares secrets: the time depends on the lengths alone. */
export function equalConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0)
  return difference === 0
}

/** Lexicographic order of byte strings, as `Array.sort` wants it. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** Overwrites key material that is no longer needed. */
export function wipe(...secrets: readonly Uint8Array[]): void {
  for (const secret of secrets) secret.fill(0)
}

export function utf8(text: string): Bytes {
  return utf8Encoder.encode(text)
}

/** The text, or `undefined` where the bytes are not well-formed UTF-8. */
export function fromUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8Decoder.decode(bytes)
  } catch {
    return undefined
  }
}

const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, "0"))

export function toHex(bytes: Uint8Array): string {
  let out = ""
  for (const byte of bytes) out += HEX[byte] ?? ""
  return out
}

/** The bytes, or `undefined` where `text` is not an even number of hexadecimal digits. */
export function fromHex(text: string): Bytes | undefined {
  if (text.length % 2 !== 0) return undefined
  const out = new Uint8Array(text.length / 2)
  for (let i = 0; i < out.length; i++) {
    const high = hexDigit(text.charCodeAt(2 * i))
    const low = hexDigit(text.charCodeAt(2 * i + 1))
    if (high === undefined || low === undefined) return undefined
    out[i] = (high << 4) | low
  }
  return out
}

function hexDigit(code: number): number | undefined {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const letter = code | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : undefined
}

const BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
const BASE32 = "abcdefghijklmnopqrstuvwxyz234567"

/** RFC 4648, 5, without padding. */
export function toBase64url(bytes: Uint8Array): string {
  return toRadix(bytes, BASE64URL, 6)
}

/** The bytes, or `undefined` where `text` is not canonical unpadded base64url. */
export function fromBase64url(text: string): Bytes | undefined {
  return fromRadix(text, BASE64URL, 6)
}

/** RFC 4648, 6, lower case, without padding: safe as a command-line argument. */
export function toBase32(bytes: Uint8Array): string {
  return toRadix(bytes, BASE32, 5)
}

/** The bytes, or `undefined` where `text` is not canonical unpadded lower-case base32. */
export function fromBase32(text: string): Bytes | undefined {
  return fromRadix(text, BASE32, 5)
}

function toRadix(bytes: Uint8Array, alphabet: string, width: number): string {
  let out = ""
  let buffer = 0
  let bits = 0
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte
    bits += 8
    while (bits >= width) {
      bits -= width
      out += alphabet.charAt((buffer >> bits) & ((1 << width) - 1))
    }
    buffer &= (1 << bits) - 1
  }
  if (bits > 0) out += alphabet.charAt((buffer << (width - bits)) & ((1 << width) - 1))
  return out
}

function fromRadix(text: string, alphabet: string, width: number): Bytes | undefined {
  const out = new Uint8Array(Math.floor((text.length * width) / 8))
  let buffer = 0
  let bits = 0
  let at = 0
  for (const character of text) {
    const value = alphabet.indexOf(character)
    if (value < 0) return undefined
    buffer = (buffer << width) | value
    bits += width
    if (bits >= 8) {
      bits -= 8
      out[at++] = buffer >> bits
    }
    buffer &= (1 << bits) - 1
  }
  const canonical = buffer === 0 && bits < width && at === out.length
  return canonical ? out : undefined
}
