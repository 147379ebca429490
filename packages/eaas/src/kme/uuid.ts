import { toHex } from "@starling/kernel"

/** RFC 9562, 5.4: a random UUID of 16 random bytes, of which six bits say that it is one. */
export function uuidOf(random: Uint8Array): string {
  const bytes = new Uint8Array(random)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = toHex(bytes)
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-")
}
