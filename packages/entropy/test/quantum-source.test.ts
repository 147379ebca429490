import { HmacDrbg, QuantumSource, Rbg3, SimulatedHomodyne, simulatedQrng, SourceFailed } from "@starling/entropy"
import type { EntropySource } from "@starling/entropy"
import { utf8, type Bytes } from "@starling/kernel"
import { describe, expect, test } from "vitest"

import { Seeded } from "./seeded.ts"

const patience = new AbortController().signal

describe("a source of which every failure latches", () => {
  test.for([
    { name: "a stuck one", sample: () => 7, fault: "repetition count" },
    {
      name: "one that is stuck on and off",
      sample: (i: number) => (i % 2 === 0 ? 7 : i),
      fault: "adaptive proportion",
    },
  ])("$name gives nothing, from the start-up test on", async ({ sample, fault }) => {
    const failures: SourceFailed[] = []
    const source = sourceOf(scripted(sample), (failure) => failures.push(failure))
    await expect(source.start(patience)).rejects.toMatchObject({ name: "SourceFailed", fault })
    await expect(source.read(32, patience)).rejects.toMatchObject({ fault })
    expect(failures).toHaveLength(1)
    expect(source.state).toMatchObject({ kind: "failed", failure: failures[0] })
  })

  test("a biased one stops within a few windows", async () => {
    const random = new Seeded(5)
    // A quarter of all samples are zero: two bits, where six were promised.
    const source = sourceOf(scripted(() => (random.below(4) === 0 ? 0 : random.below(256))))
    await expect(source.read(8192, patience)).rejects.toMatchObject({ fault: "adaptive proportion" })
  })

  test("one that gets stuck later stops in the middle, and what was held is gone", async () => {
    let stuck = false
    const source = sourceOf(scripted((i) => (stuck ? 200 : sound(i))))
    expect(await source.read(100, patience)).toHaveLength(100)
    expect(source.state.kind).toBe("running")
    stuck = true
    await expect(source.read(1000, patience)).rejects.toThrow("repetition count")
    stuck = false
    await expect(source.read(1, patience), "a fault that goes away changes nothing").rejects.toThrow("repetition count")
  })

  test("a short read and a device that breaks are failures too", async () => {
    const short = scripted(sound)
    short.read = async (length) => await Promise.resolve(new Uint8Array(length - 1))
    await expect(sourceOf(short).read(1, patience)).rejects.toMatchObject({
      fault: "short read",
      detail: "511 bytes of 512",
    })
    const broken = scripted(sound)
    broken.read = async () => await Promise.reject(new TypeError("of which the detail says nothing"))
    await expect(sourceOf(broken).read(1, patience)).rejects.toMatchObject({ fault: "broken", detail: "TypeError" })
  })

  test("a restart runs the start-up test: it decides, not the operator", async () => {
    const device = new SimulatedHomodyne(new Seeded(1).bytes)
    const source = sourceOf(device)
    device.fault = "converter stuck"
    await expect(source.start(patience)).rejects.toThrow(SourceFailed)
    await expect(source.restart(patience)).rejects.toThrow(SourceFailed)
    device.fault = "none"
    await source.restart(patience)
    expect(source.state.kind).toBe("running")
    expect(await source.read(16, patience)).toHaveLength(16)
  })

  test("a failure of an earlier process holds, although the device is sound", async () => {
    const latched = new SourceFailed("script", "unplugged", "last night")
    const source = new QuantumSource({ device: scripted(sound), os: new Seeded(2).bytes, latched })
    await expect(source.start(patience)).rejects.toBe(latched)
    await expect(source.read(1, patience)).rejects.toBe(latched)
    await source.restart(patience)
    expect(await source.read(1, patience)).toHaveLength(1)
  })

  test("whoever gives up waiting fails nothing, and costs the next one nothing", async () => {
    const waiting = new AbortController()
    const device = scripted(sound)
    const { read } = device
    device.read = async (length, signal) => {
      if (!waiting.signal.aborted) waiting.abort(new Error("enough"))
      signal.throwIfAborted()
      return await read(length, signal)
    }
    const source = sourceOf(device, () => expect.unreachable())
    await expect(source.read(32, waiting.signal)).rejects.toThrow("enough")
    expect(source.state.kind).toBe("untested")
    expect(await source.read(32, patience)).toHaveLength(32)
  })

  test("has cut-offs and rate from the assessed entropy", () => {
    const source = sourceOf(scripted(sound))
    expect(source).toMatchObject({ id: "script", simulated: false, kind: "conditioned", entropyPerSample: 6 })
    // 1 + ⌈40 / 6⌉, and 1 + critbinom(512, 2^-6, 1 - 2^-40).
    expect(source.cutoffs).toEqual({ repetitionCount: 8, adaptiveProportion: 35 })
    expect(source.extraction.bytesIn).toBe(213)
    expect(() => sourceOf({ ...scripted(sound), entropyPerByte: 0 })).toThrow(RangeError)
  })
})

describe("RBG3(XOR)", () => {
  const full = (): EntropySource => ({ ...scripted(() => 0), kind: "conditioned", entropyPerByte: 8 })

  test("is the source's bits and those of an HMAC_DRBG that is seeded anew for each read", async () => {
    const output = new Rbg3(full(), new Seeded(3).bytes)
    const os = new Seeded(3)
    const [entropy, nonce] = split(os.bytes(48), 32)
    const drbg = new HmacDrbg(entropy, nonce, utf8("starling rbg3 1"))
    for (const length of [40, 7]) {
      drbg.reseed(os.bytes(32))
      // The source gives zeros here, so that the generator alone is seen.
      expect(await output.read(length, patience)).toEqual(drbg.generate(length))
    }
  })

  test("serves more than one request of its generator at once", async () => {
    const bytes = await new Rbg3(full(), new Seeded(3).bytes).read(150_000, patience)
    expect(bytes.subarray(0, 65_536)).not.toEqual(bytes.subarray(65_536, 131_072))
  })

  test("gives nothing where the source gives nothing", async () => {
    const gone = full()
    gone.read = async () => await Promise.reject(new SourceFailed("script", "unplugged", "gone"))
    await expect(new Rbg3(gone, new Seeded(3).bytes).read(1, patience)).rejects.toThrow("unplugged")
  })

  test("takes bits of full entropy only", () => {
    expect(() => new Rbg3(scripted(sound), new Seeded(1).bytes)).toThrow(TypeError)
  })
})

test("two chains over one simulated device differ: seed and generator are drawn for each", async () => {
  const read = async (seed: number): Promise<Bytes> => await simulatedQrng(new Seeded(seed).bytes).read(64, patience)
  expect(await read(1)).toEqual(await read(1))
  expect(await read(1)).not.toEqual(await read(2))
})

type Scripted = { -readonly [K in keyof EntropySource]: EntropySource[K] }

function scripted(sample: (i: number) => number): Scripted {
  let at = 0
  return {
    id: "script",
    simulated: false,
    kind: "raw",
    entropyPerByte: 6,
    read: async (length) => await Promise.resolve(Uint8Array.from({ length }, () => sample(at++))),
    async [Symbol.asyncDispose]() {},
  }
}

/** Every value once in 256 samples, far apart. */
function sound(i: number): number {
  return (i * 167) & 0xff
}

function sourceOf(device: EntropySource, onFailure?: (failure: SourceFailed) => void): QuantumSource {
  return new QuantumSource({ device, os: new Seeded(2).bytes, ...(onFailure !== undefined && { onFailure }) })
}

function split(bytes: Bytes, at: number): [Bytes, Bytes] {
  return [bytes.slice(0, at), bytes.slice(at)]
}
