import { hmac } from "@noble/hashes/hmac.js"
import { sha256 } from "@noble/hashes/sha2.js"

import { utf8, wipe, type Bytes } from "@starling/kernel"

import type { EntropySource } from "./source.ts"

const OUT = 32
/** Bits of min-entropy beyond the output's length that make it full-entropy (SP 800-90C, 3.2.2.2). */
const EXCESS = 64
/** Public and fixed before any sample was seen, as SP 800-90B, 3.1.5.1.2 asks. */
const KEY = utf8("starling conditioner 1")

/** HMAC-SHA-256 over raw samples, a vetted conditioning component (SP 800-90B, 3.1.5.1.1): bytes of full entropy. */
export class ConditionedSource implements EntropySource {
  readonly id: string
  readonly simulated: boolean
  readonly kind = "conditioned"
  readonly entropyPerByte = 8
  /** Samples that go into 32 bytes. */
  readonly samplesPerBlock: number
  readonly #source: EntropySource

  constructor(source: EntropySource) {
    if (source.kind !== "raw") throw new TypeError("conditioning needs raw samples")
    this.id = source.id
    this.simulated = source.simulated
    this.samplesPerBlock = Math.ceil((8 * OUT + EXCESS) / source.entropyPerByte)
    this.#source = source
  }

  async read(length: number, signal: AbortSignal): Promise<Bytes> {
    const blocks = Math.ceil(length / OUT)
    const samples = await this.#source.read(blocks * this.samplesPerBlock, signal)
    const out = new Uint8Array(length)
    for (let i = 0; i < blocks; i++) {
      const block = hmac(sha256, KEY, samples.subarray(i * this.samplesPerBlock, (i + 1) * this.samplesPerBlock))
      out.set(block.subarray(0, length - i * OUT), i * OUT)
      wipe(block)
    }
    wipe(samples)
    return out
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#source[Symbol.asyncDispose]()
  }
}
