import {
  AdaptiveProportionTest,
  ExtractedSource,
  HealthTestedSource,
  HOMODYNE,
  minEntropyBound,
  RepetitionCountTest,
  sampleVariance,
  SimulatedHomodyne,
  simulatedQrng,
  SourceFailed,
  VarianceTest,
  type EntropySource,
  type HomodyneFault,
} from "@starling/entropy"
import { concat, type Bytes } from "@starling/kernel"
import { describe, expect, test } from "vitest"

import { Seeded } from "./seeded.ts"

const patience = new AbortController().signal
const settings = { entropyPerSample: minEntropyBound(HOMODYNE), alpha: 2 ** -40 }

function tested(source: EntropySource): HealthTestedSource {
  return new HealthTestedSource(source, [
    new RepetitionCountTest(settings),
    new AdaptiveProportionTest(settings),
    new VarianceTest(sampleVariance(HOMODYNE)),
  ])
}

describe("the simulated homodyne detector", () => {
  test("keeps 6.141 bits of a sample from whoever knows the electronic noise", () => {
    expect(minEntropyBound(HOMODYNE)).toBeCloseTo(6.141, 3)
  })

  test("is bounded by clipping where the noise reaches the edge of the converter", () => {
    expect(minEntropyBound({ ...HOMODYNE, electronic: 0.2 })).toBeCloseTo(1, 1)
  })

  test("credits no more than the assessed entropy", () => {
    expect(new SimulatedHomodyne(new Seeded(1).bytes).entropyPerByte).toBe(4.36)
    expect(new SimulatedHomodyne(new Seeded(1).bytes, { ...HOMODYNE, assessed: 8 }).entropyPerByte).toBeCloseTo(
      6.141,
      3,
    )
  })

  test("gives Gaussian samples of the modelled variance, centred, and more likely than 2^-6.141 none", async () => {
    const samples = await new SimulatedHomodyne(new Seeded(1).bytes).read(200_000, patience)
    const mean = samples.reduce((sum, sample) => sum + sample, 0) / samples.length
    const variance = samples.reduce((sum, sample) => sum + (sample - mean) ** 2, 0) / samples.length
    expect(Math.abs(mean - 127.5)).toBeLessThan(0.3)
    expect(variance / sampleVariance(HOMODYNE)).toBeCloseTo(1, 1)
    const within = samples.filter((sample) => Math.abs(sample - mean) < Math.sqrt(variance)).length
    expect(within / samples.length).toBeCloseTo(0.683, 1)
    const counts = new Map<number, number>()
    for (const sample of samples) counts.set(sample, (counts.get(sample) ?? 0) + 1)
    expect(-Math.log2(Math.max(...counts.values()) / samples.length)).toBeGreaterThan(6.1)
  })

  test("is a function of its byte source", async () => {
    const read = (seed: number): Promise<Bytes> => new SimulatedHomodyne(new Seeded(seed).bytes).read(2000, patience)
    expect(await read(1)).toEqual(await read(1))
    expect(await read(2)).not.toEqual(await read(1))
  })

  test("stops when asked to", async () => {
    const source = new SimulatedHomodyne(new Seeded(1).bytes)
    await expect(source.read(10, AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough")
  })
})

describe("a health-tested source", () => {
  test("lets a sound device through, after discarding the 1024 samples of the start-up test", async () => {
    const raw = await new SimulatedHomodyne(new Seeded(1).bytes).read(1024 + 3000, patience)
    const source = tested(new SimulatedHomodyne(new Seeded(1).bytes))
    const read = [await source.read(10, patience), await source.read(1990, patience), await source.read(1000, patience)]
    expect(concat(...read)).toEqual(raw.slice(1024))
  })

  test("lets a sound device run for 400 000 samples without an alarm", async () => {
    const source = tested(new SimulatedHomodyne(new Seeded(3).bytes))
    await expect(source.read(400_000, patience)).resolves.toHaveLength(400_000)
  })

  test.for<{ fault: HomodyneFault; by: string }>([
    { fault: "converter stuck", by: "repetition count" },
    { fault: "laser off", by: "variance" },
  ])("$fault is found by the $by test at start-up", async ({ fault, by }) => {
    const device = new SimulatedHomodyne(new Seeded(1).bytes)
    device.fault = fault
    await expect(tested(device).read(1, patience)).rejects.toMatchObject({ name: "SourceFailed", fault: by })
  })

  test("the adaptive proportion test alone finds the laser off as well", async () => {
    const device = new SimulatedHomodyne(new Seeded(1).bytes)
    device.fault = "laser off"
    const source = new HealthTestedSource(device, [new AdaptiveProportionTest({ ...settings, alpha: 2 ** -20 })])
    await expect(source.read(20_000, patience)).rejects.toThrow("adaptive proportion")
  })

  test("wipes what it holds on alarm and stays shut, until a restart that passes the start-up test anew", async () => {
    const device = new SimulatedHomodyne(new Seeded(1).bytes)
    const source = tested(device)
    await source.read(1, patience)
    device.fault = "converter stuck"
    await expect(source.read(2000, patience)).rejects.toThrow(SourceFailed)
    device.fault = "none"
    await expect(source.read(1, patience)).rejects.toThrow(SourceFailed)

    device.fault = "laser off"
    source.restart()
    await expect(source.read(1, patience)).rejects.toThrow("variance")

    device.fault = "none"
    source.restart()
    await expect(source.read(100, patience)).resolves.toHaveLength(100)
  })

  test("never releases a sample of the window in which the alarm came", async () => {
    let given = 0
    const fails = scripted(
      (i) => (i < 1024 + 512 + 500 ? i & 0xff : 7),
      (length) => (given += length),
    )
    const source = new HealthTestedSource(fails, [new RepetitionCountTest({ entropyPerSample: 6, alpha: 2 ** -20 })])
    expect(await source.read(512, patience)).toHaveLength(512)
    await expect(source.read(1, patience)).rejects.toThrow(SourceFailed)
    expect(given).toBe(2048)
  })

  test("gives concurrent readers different samples", async () => {
    const source = tested(new SimulatedHomodyne(new Seeded(1).bytes))
    const [a, b] = await Promise.all([source.read(64, patience), source.read(64, patience)])
    expect(a).not.toEqual(b)
  })

  test("a reader who gives up does not stop the next one", async () => {
    const source = tested(new SimulatedHomodyne(new Seeded(1).bytes))
    await expect(source.read(1, AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough")
    await expect(source.read(64, patience)).resolves.toHaveLength(64)
  })
})

test("extraction takes raw samples only, and health tests do too", () => {
  const conditioned = simulatedQrng(new Seeded(1).bytes)
  expect(() => new ExtractedSource(conditioned, new Seeded(1).bytes)).toThrow(TypeError)
  expect(() => new HealthTestedSource(conditioned, [])).toThrow(TypeError)
})

test("the whole simulated chain says that it is simulated, and gives bytes in which every value is as likely", async () => {
  const source = simulatedQrng(new Seeded(1).bytes)
  expect(source).toMatchObject({ simulated: true, kind: "conditioned", id: "homodyne vacuum fluctuation" })
  const bytes = await source.read(65_536, patience)
  const counts = Array.from({ length: 256 }, () => 0)
  for (const byte of bytes) counts[byte]! += 1
  const chi = counts.reduce((sum, count) => sum + (count - 256) ** 2 / 256, 0)
  expect(chi).toBeGreaterThan(160)
  expect(chi).toBeLessThan(370)
  await source[Symbol.asyncDispose]()
})

function scripted(sample: (i: number) => number, gave: (length: number) => void): EntropySource {
  let at = 0
  return {
    id: "script",
    simulated: true,
    kind: "raw",
    entropyPerByte: 6,
    read(length) {
      gave(length)
      return Promise.resolve(Uint8Array.from({ length }, () => sample(at++)))
    },
    async [Symbol.asyncDispose]() {},
  }
}
