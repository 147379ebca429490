import { wipe, type Bytes } from "@starling/kernel"

import type { HealthTest } from "./health-test.ts"
import type { Watch } from "./health-tested-source.ts"
import { creditedEntropy, digitise, HOMODYNE, sampleVariance, type HomodyneModel } from "./homodyne-model.ts"
import type { OsEntropy } from "./os-entropy.ts"
import { QuantumSource } from "./quantum-source.ts"
import type { EntropySource } from "./source.ts"
import { VarianceTest } from "./variance-test.ts"

/** What can go wrong in the device: no light, so that electronic noise alone is left; a converter that never moves. */
export type HomodyneFault = "none" | "laser off" | "converter stuck"

/** Samples from one call to the byte source. */
const BATCH = 512

/** A homodyne device played by a computer: its randomness is that of the byte source it is given, and it says so. */
export class SimulatedHomodyne implements EntropySource {
  readonly id = "homodyne vacuum fluctuation"
  readonly simulated = true
  readonly kind = "raw"
  readonly entropyPerByte: number
  fault: HomodyneFault = "none"
  readonly #bytes: OsEntropy
  readonly #model: HomodyneModel

  constructor(bytes: OsEntropy, model: HomodyneModel = HOMODYNE) {
    this.entropyPerByte = creditedEntropy(model)
    this.#bytes = bytes
    this.#model = model
  }

  async read(length: number, signal: AbortSignal): Promise<Bytes> {
    const samples = new Uint8Array(length)
    for (let at = 0; at < length; at += BATCH) {
      signal.throwIfAborted()
      this.#measure(samples.subarray(at, at + BATCH))
    }
    return samples
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #measure(samples: Uint8Array): void {
    const seed = this.#bytes(8 * samples.length)
    const view = new DataView(seed.buffer)
    for (let i = 0; i < samples.length; i++) samples[i] = this.#sample(view.getUint32(8 * i), view.getUint32(8 * i + 4))
    wipe(seed)
  }

  /** Box and Muller's pair: one normal deviate for the light, one for the electronics. */
  #sample(a: number, b: number): number {
    if (this.fault === "converter stuck") return 128
    const radius = Math.sqrt(-2 * Math.log((a + 1) / 2 ** 32))
    const angle = (2 * Math.PI * b) / 2 ** 32
    const light = this.fault === "laser off" ? 0 : this.#model.quantum * radius * Math.cos(angle)
    return digitise(light + this.#model.electronic * radius * Math.sin(angle))
  }
}

/** The whole chain over the simulated device. `watch` as for any other source. */
export function simulatedQrng(os: OsEntropy, watch: Watch = {}): QuantumSource {
  return new QuantumSource({ device: new SimulatedHomodyne(os), os, ownTests: [lightTest()], ...watch })
}

/** The simulated detector's own test: it sees that the light went out. */
export function lightTest(): HealthTest {
  return new VarianceTest(sampleVariance(HOMODYNE))
}
