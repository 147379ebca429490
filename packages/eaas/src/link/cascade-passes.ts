import { UniformStream } from "./uniform-stream.ts"

/** One pass of Cascade: the key in another order, cut into blocks. Both ends compute it from the same public numbers. */
export interface Pass {
  readonly blockSize: number
  /** Position j of the pass is bit (multiplier · j + shift) mod n of the key. */
  readonly multiplier: number
  readonly shift: number
  /** Of the multiplier, modulo n. */
  readonly inverse: number
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
  return Array.from({ length: PASSES }, (_, i) => {
    const blockSize = Math.max(1, Math.min(sizes[i] ?? Math.ceil(bits / 2), Math.ceil(bits / 2)))
    return i === 0 ? { blockSize, multiplier: 1, shift: 0, inverse: 1 } : { blockSize, ...order(bits, word) }
  })
}

/** The passes that both ends make of the estimate which one of them vouched for. */
export function passesFor(bits: number, estimate: { readonly partsPerMillion: number; readonly order: Uint8Array }): readonly Pass[] {
  const orders = new UniformStream(() => estimate.order.slice())
  return cascadePasses(bits, estimate.partsPerMillion / 1e6, () => orders.word())
}

/** Index in the key of a position in a pass. */
export function bitAt(pass: Pass, position: number, bits: number): number {
  return (pass.multiplier * position + pass.shift) % bits
}

/** Which block of a pass holds a bit of the key. */
export function blockOf(pass: Pass, bit: number, bits: number): number {
  const position = (pass.inverse * ((bit - pass.shift + bits) % bits)) % bits
  return Math.floor(position / pass.blockSize)
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
  let at = bitAt(pass, range.start, key.length)
  let parity = 0
  for (let i = 0; i < range.length; i++) {
    parity ^= key[at] ?? 0
    at += pass.multiplier
    if (at >= key.length) at -= key.length
  }
  return parity
}

function order(bits: number, word: () => number): Omit<Pass, "blockSize"> {
  for (;;) {
    const multiplier = 1 + (word() % (bits - 1))
    const inverse = inverseModulo(multiplier, bits)
    if (inverse !== undefined) return { multiplier, shift: word() % bits, inverse }
  }
}

/** Euclid's; `undefined` where the two have a common factor. */
function inverseModulo(value: number, modulus: number): number | undefined {
  let [r, s, a, b] = [modulus, value, 0, 1]
  while (s !== 0) {
    const quotient = Math.floor(r / s)
    ;[r, s, a, b] = [s, r - quotient * s, b, a - quotient * b]
  }
  return r === 1 ? ((a % modulus) + modulus) % modulus : undefined
}
