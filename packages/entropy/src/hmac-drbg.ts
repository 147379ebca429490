import { hmac } from "@noble/hashes/hmac.js"
import { sha256 } from "@noble/hashes/sha2.js"

import { concat, wipe, type Bytes } from "@starling/kernel"

const OUT = 32
const NOTHING = new Uint8Array()
const ZERO = Uint8Array.of(0)
const ONE = Uint8Array.of(1)

/** Bytes of entropy that a seed needs for 256 bits of strength, and of its nonce (SP 800-90A r1, 8.6.7 and table 2). */
export const DRBG_ENTROPY_BYTES = 32
export const DRBG_NONCE_BYTES = 16
/** 2^19 bits (SP 800-90A r1, table 2). */
export const DRBG_MAX_REQUEST = 2 ** 16
const RESEED_INTERVAL = 2 ** 48

/** HMAC_DRBG with SHA-256 (SP 800-90A r1, 10.1.2): a deterministic generator of 256 bits of strength. */
export class HmacDrbg implements Disposable {
  #key: Bytes = new Uint8Array(OUT)
  #value: Bytes = new Uint8Array(OUT).fill(1)
  #requests = 1

  constructor(entropy: Uint8Array, nonce: Uint8Array, personalisation: Uint8Array = NOTHING) {
    if (entropy.length < DRBG_ENTROPY_BYTES) throw new RangeError(`a seed of ${entropy.length} bytes of entropy`)
    if (nonce.length < DRBG_NONCE_BYTES) throw new RangeError(`a nonce of ${nonce.length} bytes`)
    this.#mix(entropy, nonce, personalisation)
  }

  reseed(entropy: Uint8Array, additional: Uint8Array = NOTHING): void {
    if (entropy.length < DRBG_ENTROPY_BYTES) throw new RangeError(`a seed of ${entropy.length} bytes of entropy`)
    this.#mix(entropy, additional)
    this.#requests = 1
  }

  /** At most `DRBG_MAX_REQUEST` bytes. */
  generate(length: number, additional: Uint8Array = NOTHING): Bytes {
    if (length > DRBG_MAX_REQUEST) throw new RangeError(`one request for ${length} bytes`)
    if (this.#requests > RESEED_INTERVAL) throw new RangeError("the generator has to be reseeded")
    if (additional.length > 0) this.#mix(additional)
    const out = new Uint8Array(length)
    const keyed = hmac.create(sha256, this.#key)
    for (let at = 0; at < length; at += OUT) {
      this.#advance(keyed.clone().update(this.#value).digest())
      out.set(this.#value.subarray(0, length - at), at)
    }
    keyed.destroy()
    this.#mix(additional)
    this.#requests += 1
    return out
  }

  [Symbol.dispose](): void {
    wipe(this.#key, this.#value)
  }

  /** HMAC_DRBG_Update (10.1.2.2); the parts are one string, `provided_data`. */
  #mix(...parts: readonly Uint8Array[]): void {
    const provided = concat(...parts)
    this.#turn(ZERO, provided)
    if (provided.length > 0) this.#turn(ONE, provided)
    wipe(provided)
  }

  #turn(separator: Uint8Array, provided: Uint8Array): void {
    const material = concat(this.#value, separator, provided)
    const key = hmac(sha256, this.#key, material)
    wipe(this.#key, material)
    this.#key = new Uint8Array(key)
    wipe(key)
    this.#advance(hmac(sha256, this.#key, this.#value))
  }

  #advance(value: Uint8Array): void {
    this.#value.set(value)
    wipe(value)
  }
}
