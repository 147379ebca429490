import { wipe, type Bytes } from "@starling/kernel"

import { extractionFor, type Extraction } from "./leftover-hash.ts"
import type { OsEntropy } from "./os-entropy.ts"
import type { EntropySource } from "./source.ts"
import { ToeplitzHash, toeplitzSeedBytes } from "./toeplitz.ts"

/**
 * A strong extractor over raw samples: a Toeplitz hash at the rate of the leftover hash lemma. Its seed is drawn once, from
 * the operating system, independently of the device, and is no secret.
 */
export class ExtractedSource implements EntropySource {
  readonly id: string
  readonly simulated: boolean
  readonly kind = "conditioned"
  readonly entropyPerByte = 8
  readonly extraction: Extraction
  readonly #source: EntropySource
  readonly #hash: ToeplitzHash

  constructor(source: EntropySource, os: OsEntropy) {
    if (source.kind !== "raw") throw new TypeError("an extractor takes raw samples")
    this.id = source.id
    this.simulated = source.simulated
    this.extraction = extractionFor(source.entropyPerByte)
    this.#source = source
    const { bytesIn, bytesOut } = this.extraction
    this.#hash = new ToeplitzHash(os(toeplitzSeedBytes(bytesIn, bytesOut)), bytesIn, bytesOut)
  }

  async read(length: number, signal: AbortSignal): Promise<Bytes> {
    const { bytesIn, bytesOut } = this.extraction
    const blocks = Math.ceil(length / bytesOut)
    const samples = await this.#source.read(blocks * bytesIn, signal)
    const out = new Uint8Array(length)
    for (let i = 0; i < blocks; i++) {
      const block = this.#hash.hash(samples.subarray(i * bytesIn, (i + 1) * bytesIn))
      out.set(block.subarray(0, length - i * bytesOut), i * bytesOut)
      wipe(block)
    }
    wipe(samples)
    return out
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#source[Symbol.asyncDispose]()
  }
}
