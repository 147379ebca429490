import { fc, it } from "@fast-check/vitest"
import {
  asymptoticRate,
  binaryEntropy,
  clickChance,
  errorRate,
  gain,
  METROPOLITAN,
  repeaterlessBound,
  secretLength,
  transmit,
  UniformStream,
  type BlockStatistics,
  type LinkModel,
  type Triple,
} from "@starling/eaas/link"
import { describe, expect, test } from "vitest"
import { seeded, SHORT } from "./short-link.ts"

/** Within five standard deviations of a binomial count. */
function expectCount(observed: number, trials: number, chance: number): void {
  const deviation = Math.sqrt(trials * chance * (1 - chance))
  expect(Math.abs(observed - trials * chance)).toBeLessThan(5 * deviation + 5)
}

describe.each([
  { name: "a link that nobody touches", fraction: 0, model: METROPOLITAN, pulses: 10_000_000 },
  { name: "a link of which a third is intercepted", fraction: 1 / 3, model: METROPOLITAN, pulses: 10_000_000 },
  { name: "a link without loss", fraction: 0, model: SHORT, pulses: 1_000_000 },
  { name: "a dark link", fraction: 0, model: { ...SHORT, transmittance: 1e-4, darkCount: 1e-3 }, pulses: 20_000_000 },
])("$name", ({ fraction, model, pulses }) => {
  const { slots, sent, seen } = transmit(model, pulses, new UniformStream(seeded(7)), { fraction })
  const clicks = sent.reduce((counts, note) => (counts[note >> 2]!++, counts), [0, 0, 0])

  test("has the gain of each intensity that the formula gives", () => {
    expectCount(slots.length, pulses, clickChance(model))
    for (const [i, intensity] of model.intensities.entries())
      expectCount(clicks[i]!, pulses * model.probabilities[i]!, gain(model, intensity))
    expect(slots.every((slot, i) => slot < pulses && (i === 0 || slot > slots[i - 1]!))).toBe(true)
  })

  test("has the error rate of each intensity that the formula gives, in both bases", () => {
    for (const [i, intensity] of model.intensities.entries()) {
      for (const basis of [0, 2]) {
        const matched = sent.filter((note, c) => note >> 2 === i && (note & 2) === basis && (seen[c]! & 2) === basis)
        const wrong = sent.filter(
          (note, c) =>
            note >> 2 === i && (note & 2) === basis && (seen[c]! & 2) === basis && ((note ^ seen[c]!) & 1) === 1,
        )
        expectCount(wrong.length, matched.length, errorRate(model, intensity, { fraction }))
      }
    }
  })

  test("leaves bits at random where bases differ, and chooses both as often as it should", () => {
    const differ = sent.filter((note, c) => ((note ^ seen[c]!) & 2) !== 0)
    const wrong = sent.filter((note, c) => ((note ^ seen[c]!) & 3) === 3)
    expectCount(wrong.length, differ.length, 0.5)
    expectCount(sent.filter((note) => (note & 2) === 0).length, sent.length, model.keyBasis)
    expectCount(sent.filter((note) => (note & 1) === 1).length, sent.length, 0.5)
  })
})

test("a full interception turns a quarter of the bits over", () => {
  expect(errorRate({ ...SHORT, misalignment: 0, darkCount: 0 }, 0.3, { fraction: 1 })).toBeCloseTo(0.25, 10)
})

const models: fc.Arbitrary<LinkModel> = fc
  .record({
    bright: fc.double({ min: 0.2, max: 1, noNaN: true }),
    dim: fc.double({ min: 0.05, max: 0.45, noNaN: true }),
    vacuum: fc.double({ min: 0, max: 0.001, noNaN: true }),
    p: fc.double({ min: 0.1, max: 0.8, noNaN: true }),
    q: fc.double({ min: 0.1, max: 0.9, noNaN: true }),
    keyBasis: fc.double({ min: 0.1, max: 0.95, noNaN: true }),
    loss: fc.double({ min: 0, max: 30, noNaN: true }),
    detectorEfficiency: fc.double({ min: 0.05, max: 1, noNaN: true }),
    darkCount: fc.double({ min: 0, max: 1e-4, noNaN: true }),
    misalignment: fc.double({ min: 0, max: 0.2, noNaN: true }),
  })
  .map(({ bright, dim, vacuum, p, q, loss, ...rest }) => ({
    intensities: [bright, dim * (bright - vacuum), vacuum] as Triple,
    probabilities: [p, (1 - p) * q, (1 - p) * (1 - q)] as Triple,
    transmittance: 10 ** (-loss / 10),
    ...rest,
  }))

/** What a block of so many pulses shows on average; parities at Shannon's limit. */
function expectedStatistics(model: LinkModel, pulses: number): BlockStatistics {
  const of = (i: 0 | 1 | 2, share: number) =>
    pulses * share * model.probabilities[i] * gain(model, model.intensities[i])
  const counts = (share: number): Triple => [of(0, share), of(1, share), of(2, share)]
  const key = counts(model.keyBasis ** 2)
  const test = counts((1 - model.keyBasis) ** 2)
  const wrong = (clicks: Triple): Triple => [
    clicks[0] * errorRate(model, model.intensities[0]),
    clicks[1] * errorRate(model, model.intensities[1]),
    clicks[2] * errorRate(model, model.intensities[2]),
  ]
  const sum = ([a, b, c]: Triple) => a + b + c
  const disclosed = sum(key) * binaryEntropy(sum(wrong(key)) / sum(key))
  return { key, test, testErrors: wrong(test), disclosed }
}

describe("the length of a secret key", () => {
  it.prop([models, fc.integer({ min: 4, max: 14 })], { numRuns: 2000 })(
    "never exceeds what infinitely many pulses would give, and never the repeaterless bound",
    (model, magnitude) => {
      const pulses = 10 ** magnitude
      const length = secretLength(expectedStatistics(model, pulses), model)
      const bits = length.kind === "key" ? length.bits : 0
      expect(Number.isInteger(bits) && bits >= 0).toBe(true)
      expect(bits).toBeLessThanOrEqual(pulses * asymptoticRate(model))
      expect(asymptoticRate(model)).toBeLessThanOrEqual(repeaterlessBound(model.transmittance))
    },
  )

  /** Counts and true single-photon share where whoever holds the fibre lets n photons through with a chance of her own. */
  function underAttack(model: LinkModel, pulses: number, yields: readonly number[], errors: readonly number[]) {
    const poisson = (intensity: number, n: number): number => {
      let chance = Math.exp(-intensity)
      for (let i = 1; i <= n; i++) chance *= intensity / i
      return chance
    }
    const sum = (share: number, weight: (n: number) => number): Triple => {
      const of = (i: 0 | 1 | 2) =>
        pulses *
        share *
        model.probabilities[i] *
        yields.reduce((s, y, n) => s + poisson(model.intensities[i], n) * y * weight(n), 0)
      return [of(0), of(1), of(2)]
    }
    const [key, test] = [model.keyBasis ** 2, (1 - model.keyBasis) ** 2]
    const photons = (n: number) =>
      pulses * key * model.intensities.reduce((s, k, i) => s + model.probabilities[i]! * poisson(k, n) * yields[n]!, 0)
    return {
      statistics: {
        key: sum(key, () => 1),
        test: sum(test, () => 1),
        testErrors: sum(test, (n) => errors[n]!),
        disclosed: 0,
      },
      secret: photons(0) + photons(1) * (1 - binaryEntropy(Math.min(0.5, errors[1]!))),
    }
  }

  it.prop(
    [
      models,
      fc.integer({ min: 6, max: 14 }),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 12, maxLength: 12 }),
      fc.array(fc.double({ min: 0, max: 0.5, noNaN: true }), { minLength: 12, maxLength: 12 }),
    ],
    { numRuns: 2000 },
  )(
    "never exceeds what vacuum and single photons brought, whatever is done to pulses by their number of photons",
    (model, magnitude, yields, errors) => {
      const { statistics, secret } = underAttack(model, 10 ** magnitude, yields, errors)
      const length = secretLength(statistics, model)
      expect(length.kind === "key" ? length.bits : 0).toBeLessThanOrEqual(secret + 1e-6 * secret)
    },
  )

  test("is nothing where single photons are stopped and all others let through: the decoys show it", () => {
    const yields = Array.from({ length: 12 }, (_, n) => (n < 2 ? 0 : 1))
    const { statistics } = underAttack(
      METROPOLITAN,
      1e10,
      yields,
      yields.map(() => 0),
    )
    expect(secretLength(statistics, METROPOLITAN).kind).toBe("none")
  })

  test("comes close to that as blocks grow, and is nothing for small ones", () => {
    const share = (pulses: number) => {
      const length = secretLength(expectedStatistics(METROPOLITAN, pulses), METROPOLITAN)
      return length.kind === "key" ? length.bits / pulses / asymptoticRate(METROPOLITAN) : 0
    }
    expect(share(1e5)).toBe(0)
    expect(share(5e7)).toBeGreaterThan(0.6)
    expect(share(1e12)).toBeGreaterThan(0.9)
    expect([1e6, 1e7, 1e8, 1e9, 1e10].map(share)).toEqual(
      [1e6, 1e7, 1e8, 1e9, 1e10].map(share).toSorted((a, b) => a - b),
    )
  })

  const nothing: Triple = [0, 0, 0]
  test.for([
    { name: "no clicks at all", statistics: { key: nothing, test: nothing, testErrors: nothing, disclosed: 0 } },
    {
      name: "too few clicks in the test basis to exclude anything, which a formula without guard takes for a phase error below zero",
      statistics: {
        key: [900_000, 90_000, 900] as Triple,
        test: [50, 5, 0] as Triple,
        testErrors: nothing,
        disclosed: 80_000,
      },
    },
    {
      name: "more vacuum clicks than decoy clicks",
      statistics: {
        key: [900_000, 900, 90_000] as Triple,
        test: [90_000, 90, 9_000] as Triple,
        testErrors: nothing,
        disclosed: 0,
      },
    },
    {
      name: "more errors than clicks",
      statistics: {
        key: [900_000, 90_000, 900] as Triple,
        test: [9000, 900, 9] as Triple,
        testErrors: [9000, 9000, 9000] as Triple,
        disclosed: 0,
      },
    },
    {
      name: "numbers that are none",
      statistics: {
        key: [Number.NaN, 1, 1] as Triple,
        test: [1, Number.NaN, 1] as Triple,
        testErrors: nothing,
        disclosed: 0,
      },
    },
  ])("is nothing where there are $name", ({ statistics }) => {
    expect(secretLength(statistics, METROPOLITAN).kind).toBe("none")
  })

  test("shrinks with every error in the test basis and with every parity told", () => {
    const at = (more: { errors?: number; disclosed?: number }) => {
      const statistics = expectedStatistics(METROPOLITAN, 5e7)
      const [a, b, c] = statistics.testErrors
      const errors: Triple = [a, b + (more.errors ?? 0), c]
      const length = secretLength(
        { ...statistics, testErrors: errors, disclosed: statistics.disclosed + (more.disclosed ?? 0) },
        METROPOLITAN,
      )
      return length.kind === "key" ? length.bits : 0
    }
    expect(at({ disclosed: 1000 })).toBe(at({}) - 1000)
    expect(at({ errors: 20 })).toBeLessThan(at({}))
    expect(at({ errors: 2000 })).toBe(0)
  })
})

test("the repeaterless bound is Pirandola's: 1.44 η at great loss, and infinite without any", () => {
  expect(repeaterlessBound(1e-6) / 1e-6).toBeCloseTo(1 / Math.LN2, 4)
  expect(repeaterlessBound(0.5)).toBe(1)
  expect(repeaterlessBound(1)).toBe(Number.POSITIVE_INFINITY)
})
