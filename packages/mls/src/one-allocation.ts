import type { Bytes } from "@starling/kernel"

/**
 * Byte strings that live and die together, copied side by side into one allocation: an array of its own costs 250 bytes
 * of memory, a part of another 100. What it gives
 * copies its argument into the next place; `size` bytes are there for all.
 */
export function oneAllocation(size: number): (bytes: Uint8Array) => Bytes {
  const all = new Uint8Array(size)
  let at = 0
  return (bytes) => {
    all.set(bytes, at)
    at += bytes.length
    return all.subarray(at - bytes.length, at)
  }
}

/** Length of all together. */
export function totalLength(parts: Iterable<Uint8Array>): number {
  let length = 0
  for (const part of parts) length += part.length
  return length
}
