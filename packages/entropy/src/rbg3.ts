import { utf8, wipe, type Bytes } from "@starling/kernel"

import { DRBG_ENTROPY_BYTES, DRBG_MAX_REQUEST, DRBG_NONCE_BYTES, HmacDrbg } from "./hmac-drbg.ts"
import type { OsEntropy } from "./os-entropy.ts"
import type { EntropySource } from "./source.ts"

const PERSONALISATION = utf8("starling rbg3 1")

/**
 * RBG3(XOR) of SP 800-90C, 6.2: bits of full entropy from the source, XORed with an HMAC_DRBG that the operating system
 * seeds, and seeds again for every read. Should the source be worse than it was assessed to be, the output still has the
 * generator's strength. That is a net and no stand-in: where the source gives nothing, nothing comes out.
 */
export class Rbg3 implements EntropySource {
  readonly id: string
  readonly simulated: boolean
  readonly kind = "conditioned"
  readonly entropyPerByte = 8
  readonly #source: EntropySource
  readonly #os: OsEntropy
  readonly #generator: HmacDrbg

  constructor(source: EntropySource, os: OsEntropy) {
    if (source.kind !== "conditioned") throw new TypeError("RBG3(XOR) takes bits of full entropy")
    this.id = source.id
    this.simulated = source.simulated
    this.#source = source
    this.#os = os
    const seed = os(DRBG_ENTROPY_BYTES + DRBG_NONCE_BYTES)
    this.#generator = new HmacDrbg(
      seed.subarray(0, DRBG_ENTROPY_BYTES),
      seed.subarray(DRBG_ENTROPY_BYTES),
      PERSONALISATION,
    )
    wipe(seed)
  }

  async read(length: number, signal: AbortSignal): Promise<Bytes> {
    const out = await this.#source.read(length, signal)
    this.#reseed()
    for (let at = 0; at < length; at += DRBG_MAX_REQUEST) {
      const mask = this.#generator.generate(Math.min(DRBG_MAX_REQUEST, length - at))
      for (const [i, byte] of mask.entries()) out[at + i] = (out[at + i] ?? 0) ^ byte
      wipe(mask)
    }
    return out
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#generator[Symbol.dispose]()
    await this.#source[Symbol.asyncDispose]()
  }

  #reseed(): void {
    const seed = this.#os(DRBG_ENTROPY_BYTES)
    this.#generator.reseed(seed)
    wipe(seed)
  }
}
