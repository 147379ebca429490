import { ExtractedSource, extractionFor, SimulatedHomodyne, ToeplitzHash, toeplitzSeedBytes } from "@starling/entropy"
import { concat } from "@starling/kernel"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"

import { Seeded } from "./seeded.ts"

const patience = new AbortController().signal

describe("a Toeplitz hash", () => {
  test("is the product of polynomials over GF(2), from the coefficient n - 1 on", () => {
    const shape = fc.record({
      bytesIn: fc.integer({ min: 1, max: 40 }),
      words: fc.integer({ min: 1, max: 6 }),
      seed: fc.nat(),
    })
    fc.assert(
      fc.property(shape, ({ bytesIn, words, seed }) => {
        const random = new Seeded(seed)
        const key = random.bytes(toeplitzSeedBytes(bytesIn, 4 * words))
        const input = random.bytes(bytesIn)
        expect(new ToeplitzHash(key, bytesIn, 4 * words).hash(input)).toEqual(byDefinition(key, input, 4 * words))
      }),
    )
  })

  test("is linear, so that two inputs collide for few seeds: two-universal", () => {
    const random = new Seeded(7)
    let collisions = 0
    const [a, b] = [random.bytes(8), random.bytes(8)]
    for (let i = 0; i < 4000; i++) {
      const hash = new ToeplitzHash(random.bytes(12), 8, 4)
      if (hash.hash(a)[0] === hash.hash(b)[0]) collisions += 1
    }
    // On one byte of the output: 4000 / 256 are expected.
    expect(collisions).toBeGreaterThan(3)
    expect(collisions).toBeLessThan(40)
  })

  test("refuses other lengths than its own", () => {
    const hash = new ToeplitzHash(new Uint8Array(12), 8, 4)
    expect(() => hash.hash(new Uint8Array(9))).toThrow(RangeError)
    expect(() => new ToeplitzHash(new Uint8Array(11), 8, 4)).toThrow(RangeError)
    expect(() => new ToeplitzHash(new Uint8Array(11), 8, 3)).toThrow(RangeError)
  })
})

describe("the rate by the leftover hash lemma", () => {
  test.for([
    { entropy: 8, bytesIn: 160, log2Epsilon: -129 },
    { entropy: 4.36, bytesIn: 294, log2Epsilon: -129.9 },
    { entropy: 1, bytesIn: 1278, log2Epsilon: -128 },
    { entropy: 0.5, bytesIn: 2556, log2Epsilon: -128 },
  ])("takes $bytesIn bytes of $entropy bits each for 128", ({ entropy, bytesIn, log2Epsilon }) => {
    const extraction = extractionFor(entropy)
    expect(extraction).toMatchObject({ bytesIn, bytesOut: 128, minEntropy: bytesIn * entropy })
    expect(extraction.log2Epsilon).toBeCloseTo(log2Epsilon, 1)
    expect(extraction.log2Epsilon).toBeLessThanOrEqual(-128)
  })

  test.for([0, 0.49, 8.01, Number.NaN])("doesn't extract from samples of %d bits", (entropy) => {
    expect(() => extractionFor(entropy)).toThrow(RangeError)
  })
})

test("an extracted source hashes block after block of fresh samples, under a seed that the system drew", async () => {
  const os = new Seeded(2)
  const source = new ExtractedSource(new SimulatedHomodyne(new Seeded(1).bytes), os.bytes)
  const out = await source.read(200, patience)
  const { bytesIn } = source.extraction
  const raw = await new SimulatedHomodyne(new Seeded(1).bytes).read(2 * bytesIn, patience)
  const seed = new Seeded(2).bytes(bytesIn + 128)
  const block = (i: number) => byDefinition(seed, raw.subarray(i * bytesIn, (i + 1) * bytesIn), 128)
  expect(out).toEqual(concat(block(0), block(1)).slice(0, 200))
})

/** Bit by bit, from the definition in `toeplitz.ts`. */
function byDefinition(seed: Uint8Array, input: Uint8Array, bytesOut: number): Uint8Array {
  const bit = (bytes: Uint8Array, i: number): number => (bytes[i >>> 3]! >>> (7 - (i & 7))) & 1
  const n = 8 * input.length
  const out = new Uint8Array(bytesOut)
  for (let i = 0; i < 8 * bytesOut; i++) {
    let sum = 0
    for (let j = 0; j < n; j++) sum ^= bit(seed, i - j + n - 1) & bit(input, j)
    out[i >>> 3]! |= sum << (7 - (i & 7))
  }
  return out
}
