import type { Bytes } from "@starling/kernel"

/** RFC 4648, 4, with padding: how keys travel by ETSI GS QKD 014. The text can't be wiped: keep it for as short as it takes. */
export function toBase64(bytes: Uint8Array): string {
  let binary = ""
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary)
}

/** The bytes, or `undefined`. Some KMEs leave the padding out. */
export function fromBase64(text: string): Bytes | undefined {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  } catch {
    return undefined
  }
}
