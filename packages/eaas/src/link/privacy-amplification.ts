import type { Bytes } from "@starling/kernel"
import { convolve } from "./fourier.ts"

/** Bits of the public seed that a Toeplitz matrix of `output` rows and `input` columns takes. */
export function toeplitzSeedBits(input: number, output: number): number {
  return input + output - 1
}

/**
 * Privacy amplification: `output` bits of the Toeplitz matrix T times the key, T[i][j] = seed[i − j + input − 1]. `key`
 * has one bit per byte; seed and result are packed, the first bit highest. The product is exact: a sum of rounded
 * numbers that is not next to a whole one is a defect, and throws. The same matrix as `ToeplitzHash` of the entropy package,
 * whose tables are faster for the blocks of an extractor, and would take gigabytes for a million bits.
 */
export function toeplitzHash(key: Uint8Array, seed: Uint8Array, output: number): Bytes {
  const diagonals = toeplitzSeedBits(key.length, output)
  if (!(output > 0 && output <= key.length)) throw new RangeError(`${output} bits of ${key.length}`)
  if (seed.length !== Math.ceil(diagonals / 8)) throw new RangeError("a seed of another length")
  // A cycle that is as long as the diagonals are many: what wraps around misses the rows that are read.
  const size = 2 ** Math.ceil(Math.log2(Math.max(2, diagonals)))
  const product = new Float64Array(size)
  const diagonal = new Float64Array(size)
  product.set(key)
  for (let i = 0; i < diagonals; i++) diagonal[i] = ((seed[i >> 3] ?? 0) >> (7 - (i & 7))) & 1
  convolve(product, diagonal)
  const out = new Uint8Array(Math.ceil(output / 8))
  for (let i = 0; i < output; i++) {
    const sum = product[i + key.length - 1] ?? 0
    const whole = Math.round(sum)
    if (Math.abs(sum - whole) > 0.1) throw new Error("privacy amplification lost its precision")
    out[i >> 3] = (out[i >> 3] ?? 0) | ((whole & 1) << (7 - (i & 7)))
  }
  product.fill(0)
  diagonal.fill(0)
  return out
}
