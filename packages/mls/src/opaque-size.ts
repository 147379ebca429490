/** Bytes that `bytes` take as `opaque<V>` (RFC 9420, 2.1.2). */
export function opaqueSize(bytes: Uint8Array): number {
  return bytes.length + (bytes.length < 0x40 ? 1 : bytes.length < 0x4000 ? 2 : 4)
}
