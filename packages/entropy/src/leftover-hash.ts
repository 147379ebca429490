/** How much an extractor takes and gives, and how near to uniform that is. */
export interface Extraction {
  /** Bytes of samples that go into one block. */
  readonly bytesIn: number
  /** Bytes of a block. */
  readonly bytesOut: number
  /** Min-entropy of a block's samples, in bits. */
  readonly minEntropy: number
  /** Logarithm to base 2 of the statistical distance of one block, together with the seed, from uniform bits. */
  readonly log2Epsilon: number
}

const BYTES_OUT = 128
/** What a block may cost; 2^64 blocks add up to 2^-64. */
const LOG2_EPSILON = -128
/** Below this, one block takes more samples than its table is worth. */
const LEAST_ENTROPY = 0.5

/**
 * The rate by the leftover hash lemma (Impagliazzo, Levin and Luby, 1989): `m` bits of a two-universal hash of samples of
 * min-entropy `k` are, together with the seed that chose the hash, `½ · 2^(-(k - m) / 2)` from uniform. Takes as few
 * samples as bring that below 2^-128. `entropyPerByte` has to hold given all the samples before it.
 */
export function extractionFor(entropyPerByte: number): Extraction {
  if (!(entropyPerByte >= LEAST_ENTROPY && entropyPerByte <= 8)) {
    throw new RangeError(`samples of ${entropyPerByte} bits per byte: between ${LEAST_ENTROPY} and 8 can be extracted`)
  }
  const bits = 8 * BYTES_OUT
  const bytesIn = Math.ceil((bits - 2 * (LOG2_EPSILON + 1)) / entropyPerByte)
  const minEntropy = bytesIn * entropyPerByte
  return { bytesIn, bytesOut: BYTES_OUT, minEntropy, log2Epsilon: -1 - (minEntropy - bits) / 2 }
}
