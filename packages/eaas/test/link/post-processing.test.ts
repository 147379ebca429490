import { fc, it } from "@fast-check/vitest"
import {
  binaryEntropy,
  Cascade,
  decodeAgreed,
  decodeAmplification,
  decodeDetections,
  decodeEstimate,
  decodeParities,
  decodeQuestions,
  decodeReconciled,
  decodeSifting,
  encodeDetections,
  parities,
  passesFor,
  toeplitzHash,
  toeplitzSeedBits,
  UniformStream,
} from "@starling/eaas/link"
import { ToeplitzHash, toeplitzSeedBytes } from "@starling/entropy"
import { describe, expect, test } from "vitest"
import { seeded } from "./short-link.ts"

/** Two keys of which so many bits differ, and what correcting one to the other took. */
function corrected(bits: number, errorRate: number, seed: number) {
  const chance = new UniformStream(seeded(seed))
  const right = Uint8Array.from({ length: bits }, () => chance.word() & 1)
  const wrong = right.map((bit) => bit ^ (chance.uniform() <= errorRate ? 1 : 0))
  const errors = right.reduce((count, bit, i) => count + (bit ^ wrong[i]!), 0)
  const passes = passesFor(bits, { partsPerMillion: Math.round(errorRate * 1e6), order: seeded(seed + 1)(32) })
  const cascade = new Cascade(wrong, passes)
  for (let questions = cascade.questions(); questions.length > 0; questions = cascade.questions())
    cascade.learn(questions, parities(right, passes, questions))
  const left = right.reduce((count, bit, i) => count + (bit ^ wrong[i]!), 0)
  return { left, errors, cascade }
}

describe("Cascade", () => {
  test.for([
    { bits: 200_000, errorRate: 0.01 },
    { bits: 200_000, errorRate: 0.03 },
    { bits: 100_000, errorRate: 0.08 },
    { bits: 100_000, errorRate: 0.001 },
    { bits: 20_011, errorRate: 0.05 },
  ])("leaves no errors of $errorRate in $bits bits, and tells little more than it must", ({ bits, errorRate }) => {
    for (const seed of [1, 2, 3]) {
      const { left, errors, cascade } = corrected(bits, errorRate, seed)
      expect({ left, corrected: cascade.corrected }).toEqual({ left: 0, corrected: errors })
      const efficiency = cascade.disclosed / (bits * binaryEntropy(errors / bits))
      expect(efficiency).toBeGreaterThan(1)
      // The fixed price of each pass weighs where there is hardly an error.
      expect(efficiency).toBeLessThan(errorRate < 0.005 ? 1.5 : 1.25)
    }
  })

  it.prop([fc.integer({ min: 2, max: 400 }), fc.double({ min: 0, max: 0.5, noNaN: true }), fc.nat()], { numRuns: 200 })(
    "ends, and turns over no bit in vain, whatever the errors",
    (bits, errorRate, seed) => {
      const { left, errors, cascade } = corrected(bits, errorRate, seed)
      expect(left).toBeLessThanOrEqual(errors)
      // What is left is even in every block of every pass, or it would have been found.
      expect((errors - left) % 2).toBe(cascade.corrected % 2)
    },
  )
})

describe("privacy amplification", () => {
  /** The definition: T[i][j] = seed[i − j + n − 1], y = T x over GF(2). */
  function byDefinition(key: Uint8Array, seed: Uint8Array, output: number): Uint8Array {
    const bit = (at: number) => (seed[at >> 3]! >> (7 - (at & 7))) & 1
    const out = new Uint8Array(Math.ceil(output / 8))
    for (let i = 0; i < output; i++) {
      let sum = 0
      for (let j = 0; j < key.length; j++) sum ^= key[j]! & bit(i - j + key.length - 1)
      out[i >> 3]! |= sum << (7 - (i & 7))
    }
    return out
  }

  it.prop([fc.integer({ min: 1, max: 700 }), fc.double({ min: 0, max: 1, noNaN: true }), fc.nat()], { numRuns: 60 })(
    "is the Toeplitz matrix, bit for bit",
    (input, share, seedOfStory) => {
      const output = Math.max(1, Math.floor(share * input))
      const bytes = seeded(seedOfStory)
      const key = bytes(input).map((byte) => byte & 1)
      const seed = bytes(Math.ceil(toeplitzSeedBits(input, output) / 8))
      expect(toeplitzHash(key, seed, output)).toEqual(byDefinition(key, seed, output))
    },
  )

  test("is the same matrix as the extractor's of quantum sources, which has tables for small blocks", () => {
    const [bytesIn, bytesOut] = [384, 128]
    const [input, seed] = [seeded(40)(bytesIn), seeded(41)(toeplitzSeedBytes(bytesIn, bytesOut))]
    const bits = Uint8Array.from({ length: 8 * bytesIn }, (_, i) => (input[i >> 3]! >> (7 - (i & 7))) & 1)
    expect(toeplitzHash(bits, seed, 8 * bytesOut)).toEqual(new ToeplitzHash(seed, bytesIn, bytesOut).hash(input))
  })

  test("is exact where sums are as large as they get, and linear", () => {
    const n = 1 << 18
    const ones = new Uint8Array(n).fill(1)
    const seed = new Uint8Array(Math.ceil(toeplitzSeedBits(n, 96) / 8)).fill(0xff)
    expect([...toeplitzHash(ones, seed, 96)]).toEqual(Array.from({ length: 12 }, () => 0))
    const odd = ones.slice(1)
    expect([...toeplitzHash(odd, seed.slice(0, Math.ceil(toeplitzSeedBits(n - 1, 96) / 8)), 96)]).toEqual(
      Array.from({ length: 12 }, () => 0xff),
    )
  })
})

describe("the line's messages", () => {
  const decoders = {
    decodeAgreed,
    decodeAmplification,
    decodeDetections,
    decodeEstimate,
    decodeParities,
    decodeQuestions,
    decodeReconciled,
    decodeSifting,
  }

  describe.each(Object.entries(decoders))("%s", (_, decode) => {
    it.prop([fc.uint8Array({ maxLength: 300 }), fc.nat(8)])("never throws", (bytes, kind) => {
      expect(["ok", "malformed"]).toContain(decode(Uint8Array.of(1, kind, ...bytes)).kind)
    })
  })

  it.prop([fc.uniqueArray(fc.nat(2 ** 32 - 1), { maxLength: 200 })])(
    "detections come back as they were",
    (unsorted) => {
      const slots = Uint32Array.from(unsorted).toSorted()
      const bases = Uint8Array.from(slots, (slot) => (slot % 3 === 0 ? 2 : 0))
      expect(decodeDetections(encodeDetections({ slots, bases }))).toEqual({ kind: "ok", value: { slots, bases } })
    },
  )
})
