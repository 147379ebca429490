import { MostCommonValue, type EntropySource } from "@starling/entropy"
import type { Bytes } from "@starling/kernel"

/** A device whose raw samples are counted on their way to the tests. */
export class WatchedDevice implements EntropySource {
  readonly id: string
  readonly simulated: boolean
  readonly kind = "raw"
  readonly entropyPerByte: number
  readonly #device: EntropySource
  readonly #estimate = new MostCommonValue()

  constructor(device: EntropySource) {
    if (device.kind !== "raw") throw new TypeError("only raw samples say anything of a device")
    this.id = device.id
    this.simulated = device.simulated
    this.entropyPerByte = device.entropyPerByte
    this.#device = device
  }

  /** Of the last window; an upper bound. */
  get estimatedBits(): number | undefined {
    return this.#estimate.bitsPerSample
  }

  async read(length: number, signal: AbortSignal): Promise<Bytes> {
    const samples = await this.#device.read(length, signal)
    this.#estimate.see(samples)
    return samples
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#device[Symbol.asyncDispose]()
  }
}
