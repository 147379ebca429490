import type { Bytes } from "@starling/kernel"

const NIBBLE = 4
const VALUES = 1 << NIBBLE

/** Bytes of seed for `bytesIn` and `bytesOut`: a bit for each diagonal of the matrix, rounded up. */
export function toeplitzSeedBytes(bytesIn: number, bytesOut: number): number {
  return bytesIn + bytesOut
}

/**
 * Multiplies by a Toeplitz matrix over GF(2): with bits counted from the first byte's highest, `y[i]` is the sum of
 * `seed[i - j + n - 1] · x[j]` over the `n` bits of the input. The family is two-universal over its seeds, so a seed that
 * was drawn independently of the samples may be public, and used again for each block.
 */
export class ToeplitzHash {
  readonly #bytesIn: number
  readonly #bytesOut: number
  readonly #words: number
  /** For each four bits of the input and each value of theirs, what they add to the output. */
  readonly #table: Uint32Array

  constructor(seed: Uint8Array, bytesIn: number, bytesOut: number) {
    if (bytesOut % 4 !== 0 || bytesOut <= 0) throw new RangeError(`a hash of ${bytesOut} bytes isn't whole words`)
    if (seed.length !== toeplitzSeedBytes(bytesIn, bytesOut)) throw new RangeError(`a seed of ${seed.length} bytes`)
    this.#bytesIn = bytesIn
    this.#bytesOut = bytesOut
    this.#words = bytesOut / 4
    this.#table = tableOf(seed, bytesIn, this.#words)
  }

  hash(input: Uint8Array): Bytes {
    if (input.length !== this.#bytesIn) throw new RangeError(`${input.length} bytes for a hash of ${this.#bytesIn}`)
    const sum = new Uint32Array(this.#words)
    for (let i = 0; i < input.length; i++) {
      const byte = input[i] ?? 0
      this.#add(sum, 2 * i, byte >>> NIBBLE)
      this.#add(sum, 2 * i + 1, byte & (VALUES - 1))
    }
    return bigEndian(sum, this.#bytesOut)
  }

  #add(sum: Uint32Array, nibble: number, value: number): void {
    const from = (nibble * VALUES + value) * this.#words
    for (let word = 0; word < this.#words; word++) sum[word] = (sum[word] ?? 0) ^ (this.#table[from + word] ?? 0)
  }
}

function tableOf(seed: Uint8Array, bytesIn: number, words: number): Uint32Array {
  const table = new Uint32Array(2 * bytesIn * VALUES * words)
  for (let nibble = 0; nibble < 2 * bytesIn; nibble++) {
    const row = (value: number): number => (nibble * VALUES + value) * words
    for (let bit = 0; bit < NIBBLE; bit++) {
      writeColumn(table, row(1 << (NIBBLE - 1 - bit)), seed, 8 * bytesIn - 1 - (NIBBLE * nibble + bit), words)
    }
    for (let value = 1; value < VALUES; value++) {
      const lowest = value & -value
      if (value === lowest) continue
      for (let word = 0; word < words; word++) {
        table[row(value) + word] = (table[row(lowest) + word] ?? 0) ^ (table[row(value ^ lowest) + word] ?? 0)
      }
    }
  }
  return table
}

/** Column `j` is the stretch of the seed that begins at bit `n - 1 - j`. */
function writeColumn(table: Uint32Array, at: number, seed: Uint8Array, bit: number, words: number): void {
  for (let word = 0; word < words; word++) table[at + word] = wordAt(seed, bit + 32 * word)
}

/** The 32 bits that begin at `bit`. */
function wordAt(bytes: Uint8Array, bit: number): number {
  const at = bit >>> 3
  const shift = bit & 7
  const high =
    ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)
  return ((high << shift) | ((bytes[at + 4] ?? 0) >>> (8 - shift))) >>> 0
}

function bigEndian(words: Uint32Array, length: number): Bytes {
  const out = new Uint8Array(length)
  const view = new DataView(out.buffer)
  for (const [i, word] of words.entries()) view.setUint32(4 * i, word)
  return out
}
