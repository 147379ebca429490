import { chacha20 } from "@noble/ciphers/chacha.js"
import type { OsEntropy } from "@starling/entropy"
import { wipe, type Bytes } from "@starling/kernel"

const SEED_BYTES = 32
const BUFFER_BYTES = 64 * 1024
/** ChaCha20's counter has 32 bits, one for each 64 bytes. */
const BUFFERS_PER_NONCE = 2 ** 32 / (BUFFER_BYTES / 64)

/**
 * Unpredictable words, many and fast: ChaCha20 under a seed of the entropy source. The physics is played from such a
 * stream, and both ends' choices of basis and bit are drawn from streams of their own. One seed gives one story.
 */
export class UniformStream implements Disposable {
  readonly #key: Bytes
  readonly #buffer = new Uint8Array(BUFFER_BYTES)
  readonly #words = new Uint32Array(this.#buffer.buffer)
  #next = this.#words.length
  #buffers = 0

  constructor(entropy: OsEntropy) {
    this.#key = entropy(SEED_BYTES)
  }

  /** A whole number below 2^32. */
  word(): number {
    if (this.#next === this.#words.length) this.#refill()
    return this.#words[this.#next++] ?? 0
  }

  /** Above 0, at most 1. */
  uniform(): number {
    return (this.word() + 1) / 2 ** 32
  }

  bytes(length: number): Bytes {
    const words = Uint32Array.from({ length: Math.ceil(length / 4) }, () => this.word())
    return new Uint8Array(words.buffer, 0, length).slice()
  }

  [Symbol.dispose](): void {
    wipe(this.#key, this.#buffer)
  }

  #refill(): void {
    const nonce = new Uint8Array(12)
    const view = new DataView(nonce.buffer)
    view.setUint32(0, Math.floor(this.#buffers / BUFFERS_PER_NONCE))
    this.#buffer.fill(0)
    chacha20(this.#key, nonce, this.#buffer, this.#buffer, (this.#buffers % BUFFERS_PER_NONCE) * (BUFFER_BYTES / 64))
    this.#buffers++
    this.#next = 0
  }
}
