import { AdaptiveProportionTest, RepetitionCountTest } from "@starling/entropy"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"

import { Seeded } from "./seeded.ts"

describe("cut-offs of SP 800-90B, 4.4", () => {
  test.for([
    { h: 1, exponent: 20, repetition: 21, proportion: 311 },
    { h: 2, exponent: 20, repetition: 11, proportion: 177 },
    { h: 4, exponent: 20, repetition: 6, proportion: 62 },
    { h: 6, exponent: 20, repetition: 5, proportion: 25 },
    { h: 7, exponent: 20, repetition: 4, proportion: 18 },
    { h: 6, exponent: 30, repetition: 6, proportion: 31 },
  ])(
    "for $h bits and alpha 2^-$exponent are $repetition and $proportion",
    ({ h, exponent, repetition, proportion }) => {
      const settings = { entropyPerSample: h, alpha: 2 ** -exponent }
      expect(new RepetitionCountTest(settings).cutoff).toBe(repetition)
      expect(new AdaptiveProportionTest(settings).cutoff).toBe(proportion)
    },
  )

  test("for a binary source of one bit and alpha 2^-20 is 589 of 1024", () => {
    const test = new AdaptiveProportionTest({ entropyPerSample: 1, alpha: 2 ** -20 }, "binary")
    expect([test.cutoff, test.window]).toEqual([589, 1024])
  })

  test("of the adaptive proportion agree with exact integer arithmetic", () => {
    for (const h of [1, 2, 3, 5, 6, 8]) {
      for (const exponent of [20, 40, 60]) {
        const { cutoff } = new AdaptiveProportionTest({ entropyPerSample: h, alpha: 2 ** -exponent })
        expect(cutoff).toBe(exactCutoff(512, h, exponent))
      }
    }
  })
})

test("repetition counts alarm at the cut-off and not before", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.nat(255), (entropyPerSample, value) => {
      const test = new RepetitionCountTest({ entropyPerSample, alpha: 2 ** -20 })
      test.accepts(value === 0 ? 1 : 0)
      for (let i = 1; i < test.cutoff; i++) expect(test.accepts(value)).toBe(true)
      expect(test.accepts(value)).toBe(false)
      test.reset()
      expect(test.accepts(value)).toBe(true)
    }),
  )
})

test("adaptive proportions count the first value of each window, within the window alone", () => {
  const test = new AdaptiveProportionTest({ entropyPerSample: 6, alpha: 2 ** -20 })
  const windowWith = (count: number): boolean => {
    let sound = true
    for (let i = 0; i < test.window; i++) sound = test.accepts(i < count ? 255 : i % 200) && sound
    return sound
  }
  for (let i = 0; i < 5; i++) expect(windowWith(test.cutoff - 1)).toBe(true)
  expect(windowWith(test.cutoff)).toBe(false)
})

test("a source that just meets its entropy alarms about as often as alpha says", () => {
  const random = new Seeded(5)
  const settings = { entropyPerSample: 4, alpha: 2 ** -8 }
  const proportion = new AdaptiveProportionTest(settings)
  let alarms = 0
  for (let window = 0; window < 2000; window++) {
    let alarm = false
    for (let i = 0; i < proportion.window; i++) if (!proportion.accepts(random.below(16))) alarm = true
    if (alarm) alarms += 1
  }
  expect(alarms / 2000).toBeLessThan(2 * 2 ** -8)
  expect(alarms).toBeGreaterThan(0)
})

test.for([
  { entropyPerSample: 0, alpha: 0.1 },
  { entropyPerSample: 6, alpha: 0 },
  { entropyPerSample: 6, alpha: 1 },
])("settings of $entropyPerSample bits and alpha $alpha are refused", (settings) => {
  expect(() => new RepetitionCountTest(settings)).toThrow(RangeError)
  expect(() => new AdaptiveProportionTest(settings)).toThrow(RangeError)
})

/** `1 + critbinom(n, 2^-h, 1 - 2^-a)`, from `Σ C(n,k) (2^h - 1)^(n-k)`, which is the tail times `2^(h·n)`. */
function exactCutoff(n: number, h: number, a: number): number {
  const rest = (1n << BigInt(h)) - 1n
  const limit = 1n << BigInt(h * n - a)
  let choose = 1n
  let tail = 0n
  for (let k = n; k > 0; k--) {
    tail += choose * rest ** BigInt(n - k)
    if (tail > limit) return 1 + k
    choose = (choose * BigInt(k)) / BigInt(n - k + 1)
  }
  return 1
}
