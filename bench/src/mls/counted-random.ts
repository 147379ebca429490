import type { RandomSource } from "@starling/mls"

/** Bytes that never come twice and cost next to nothing, so that an operation is measured and not its source. */
export function countedRandom(): RandomSource {
  let drawn = 0
  return {
    draw(length) {
      const bytes = new Uint8Array(length)
      drawn++
      for (let at = 0; at < length; at++) bytes[at] = drawn >>> (8 * (at % 4))
      return bytes
    },
  }
}
