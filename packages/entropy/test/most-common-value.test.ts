import { MostCommonValue, SimulatedHomodyne } from "@starling/entropy"
import { osEntropy } from "@starling/entropy/node"
import { expect, test } from "vitest"

const estimateOf = (samples: Uint8Array): number | undefined => {
  const estimate = new MostCommonValue()
  estimate.see(samples)
  return estimate.bitsPerSample
}

test("nothing is said before a whole window", () => {
  expect(estimateOf(new Uint8Array(65_535))).toBeUndefined()
})

test("a stuck source has no entropy, an even one of four values two bits, a uniform one nearly eight", () => {
  expect(estimateOf(new Uint8Array(65_536))).toBeCloseTo(0, 5)
  expect(estimateOf(new Uint8Array(65_536).map((_, i) => i % 4))).toBeCloseTo(1.975, 3)
  const uniform = estimateOf(osEntropy(65_536))!
  expect(uniform).toBeGreaterThan(7.2)
  expect(uniform).toBeLessThan(8)
})

test("the last window counts, and the one before it no more", () => {
  const estimate = new MostCommonValue()
  estimate.see(new Uint8Array(65_536))
  estimate.see(new Uint8Array(65_536).map((_, i) => i % 2))
  expect(estimate.bitsPerSample).toBeCloseTo(0.985, 2)
})

test("it never falls below what the simulator was assessed to have", async () => {
  const device = new SimulatedHomodyne(osEntropy)
  const samples = await device.read(65_536, new AbortController().signal)
  expect(estimateOf(samples)).toBeGreaterThan(device.entropyPerByte - 0.1)
})
