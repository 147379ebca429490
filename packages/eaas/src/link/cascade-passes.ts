import { UniformStream } from "./uniform-stream.ts"

/** One pass of Cascade: the key in another order, cut into blocks. Both ends compute it from the same public numbers. */
export interface Pass {
  readonly blockSize: number
  /** `undefined` for the key's own order. */
  readonly shuffle: Shuffle | undefined
}

/**
 * A permutation of 0 to n − 1 that needs no table: a bijection of the next power of two, made of multiplications by odd
 * numbers and of shifts, repeated until it falls below n. A linear one would not do: pairs of errors with one distance
 * would stay together in every pass.
 */
interface Shuffle {
  readonly mask: number
  readonly shift: number
  readonly odd: readonly [number, number]
  /** Of the odd ones, modulo 2^32. */
  readonly inverse: readonly [number, number]
  readonly offset: number
}

/** Positions `start` to `start + length` of one pass. */
export interface Range {
  readonly pass: number
  readonly start: number
  readonly length: number
}

const PASSES = 10
/** Blocks of later passes, and the size from which on half of the key is one block. */
const LATER_BLOCK = 4096

/**
 * Block sizes by Martinez-Mateo, Pacher, Peev, Ciurana and Martin, Quantum Inf. Comput. 15, 453: small first blocks that
 * find most errors, then large ones that find what is left. `word` gives numbers below 2^32, the same at both ends.
 */
function cascadePasses(bits: number, errorRate: number, word: () => number): readonly Pass[] {
  if (!(bits > 1 && bits < 2 ** 26)) throw new RangeError(`a key of ${bits} bits to correct`)
  const first = Math.ceil(Math.log2(1 / Math.min(0.25, Math.max(errorRate, 1 / bits))) - 0.5)
  const sizes = [2 ** first, 2 ** Math.ceil((first + 12) / 2), LATER_BLOCK]
  return Array.from({ length: PASSES }, (_, i) => ({
    blockSize: Math.max(1, Math.min(sizes[i] ?? Math.ceil(bits / 2), Math.ceil(bits / 2))),
    shuffle: i === 0 ? undefined : shuffleOf(bits, word),
  }))
}

/** The passes that both ends make of the estimate which one of them vouched for. */
export function passesFor(
  bits: number,
  estimate: { readonly partsPerMillion: number; readonly order: Uint8Array },
): readonly Pass[] {
  const orders = new UniformStream(() => estimate.order.slice())
  return cascadePasses(bits, estimate.partsPerMillion / 1e6, () => orders.word())
}

/** Index in the key of a position in a pass. */
export function bitAt({ shuffle }: Pass, position: number, bits: number): number {
  if (shuffle === undefined) return position
  let at = scattered(shuffle, position)
  while (at >= bits) at = scattered(shuffle, at)
  return at
}

/** Which block of a pass holds a bit of the key. */
export function blockOf({ shuffle, blockSize }: Pass, bit: number, bits: number): number {
  if (shuffle === undefined) return Math.floor(bit / blockSize)
  let position = gathered(shuffle, bit)
  while (position >= bits) position = gathered(shuffle, position)
  return Math.floor(position / blockSize)
}

export function blocksIn(pass: Pass, bits: number): number {
  return Math.ceil(bits / pass.blockSize)
}

export function rangeOfBlock(passes: readonly Pass[], pass: number, block: number, bits: number): Range {
  const size = passes[pass]?.blockSize ?? 0
  const start = block * size
  return { pass, start, length: Math.min(size, bits - start) }
}

/** Parity of a range; `key` has one bit per byte. */
export function parityOf(key: Uint8Array, passes: readonly Pass[], range: Range): number {
  const pass = passes[range.pass]
  if (pass === undefined || range.start + range.length > key.length) throw new RangeError("a range outside of the key")
  let parity = 0
  const end = range.start + range.length
  for (let position = range.start; position < end; position++) parity ^= key[bitAt(pass, position, key.length)] ?? 0
  return parity
}

function shuffleOf(bits: number, word: () => number): Shuffle {
  const width = Math.max(2, Math.ceil(Math.log2(bits)))
  const odd = [word() | 1, word() | 1] as const
  return {
    mask: 2 ** width - 1,
    shift: Math.ceil(width / 2),
    odd,
    inverse: [inverseOfOdd(odd[0]), inverseOfOdd(odd[1])],
    offset: word(),
  }
}

function scattered({ mask, shift, odd, offset }: Shuffle, value: number): number {
  let x = (value ^ offset) & mask
  x ^= x >>> shift
  x = Math.imul(x, odd[0]) & mask
  x ^= x >>> shift
  x = Math.imul(x, odd[1]) & mask
  return x ^ (x >>> shift)
}

/** The inverse of `scattered`: a shift by half of the width or more undoes itself. */
function gathered({ mask, shift, inverse, offset }: Shuffle, value: number): number {
  let x = value ^ (value >>> shift)
  x = Math.imul(x, inverse[1]) & mask
  x ^= x >>> shift
  x = Math.imul(x, inverse[0]) & mask
  x ^= x >>> shift
  return (x ^ offset) & mask
}

/** Modulo 2^32, by Newton: each step doubles the bits that are right. */
function inverseOfOdd(odd: number): number {
  let inverse = odd
  for (let i = 0; i < 5; i++) inverse = Math.imul(inverse, 2 - Math.imul(odd, inverse))
  return inverse
}
