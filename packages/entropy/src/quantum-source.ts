import type { Bytes } from "@starling/kernel"

import { AdaptiveProportionTest } from "./adaptive-proportion-test.ts"
import { ExtractedSource } from "./extracted-source.ts"
import type { HealthTest } from "./health-test.ts"
import { HealthTestedSource, type SourceState, type Watch } from "./health-tested-source.ts"
import type { Extraction } from "./leftover-hash.ts"
import type { OsEntropy } from "./os-entropy.ts"
import { Rbg3 } from "./rbg3.ts"
import { RepetitionCountTest } from "./repetition-count-test.ts"
import type { EntropySource } from "./source.ts"

/** False alarms are per sample and window, and sources are fast: about one in 10^12. */
export const FALSE_ALARMS = 2 ** -40

export interface QuantumSourceOptions extends Watch {
  /** Raw samples, one a byte, with the min-entropy that they were assessed to have. */
  readonly device: EntropySource
  readonly os: OsEntropy
  /** What a developer knows of this very device, beyond the two tests of SP 800-90B. */
  readonly ownTests?: readonly HealthTest[]
}

/**
 * The whole chain over one device: start-up and continuous tests of SP 800-90B, 4.3 and 4.4, on its raw samples, with
 * cut-offs from its assessed min-entropy; a Toeplitz extractor; RBG3(XOR). A failure of any kind latches.
 */
export class QuantumSource implements EntropySource {
  readonly id: string
  readonly simulated: boolean
  readonly kind = "conditioned"
  readonly entropyPerByte = 8
  /** Assessed, in bits per sample. */
  readonly entropyPerSample: number
  readonly cutoffs: { readonly repetitionCount: number; readonly adaptiveProportion: number }
  readonly extraction: Extraction
  /** What the extractor gives, for referees alone: behind the XOR with a generator they could find no fault of it. */
  readonly extracted: EntropySource
  readonly #tested: HealthTestedSource
  readonly #output: Rbg3

  constructor({ device, os, ownTests = [], ...watch }: QuantumSourceOptions) {
    const settings = { entropyPerSample: device.entropyPerByte, alpha: FALSE_ALARMS }
    const repetition = new RepetitionCountTest(settings)
    const proportion = new AdaptiveProportionTest(settings)
    this.id = device.id
    this.simulated = device.simulated
    this.entropyPerSample = device.entropyPerByte
    this.cutoffs = { repetitionCount: repetition.cutoff, adaptiveProportion: proportion.cutoff }
    this.#tested = new HealthTestedSource(device, [repetition, proportion, ...ownTests], watch)
    const extracted = new ExtractedSource(this.#tested, os)
    this.extracted = extracted
    this.extraction = extracted.extraction
    this.#output = new Rbg3(extracted, os)
  }

  get state(): SourceState {
    return this.#tested.state
  }

  /** Runs the start-up test where it has not passed yet. Throws `SourceFailed`. */
  async start(signal: AbortSignal): Promise<void> {
    await this.#tested.read(0, signal)
  }

  /** An operator's decision, after which the start-up test runs anew. Throws `SourceFailed` where it fails again. */
  async restart(signal: AbortSignal): Promise<void> {
    this.#tested.restart()
    await this.start(signal)
  }

  async read(length: number, signal: AbortSignal): Promise<Bytes> {
    return await this.#output.read(length, signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#output[Symbol.asyncDispose]()
  }
}
