import type { Bytes } from "@starling/kernel"

/** A deterministic generator for tests (splitmix32): one seed, one story. */
export class Seeded {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  /** From 0 up to, and without, `limit`. */
  below(limit: number): number {
    return Math.floor((this.#next() / 2 ** 32) * limit)
  }

  chance(of: number): boolean {
    return this.#next() < of * 2 ** 32
  }

  bytes = (length: number): Bytes => Uint8Array.from({ length }, () => this.#next() >>> 24)

  #next(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0
    let z = this.#state
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return (z ^ (z >>> 15)) >>> 0
  }
}
