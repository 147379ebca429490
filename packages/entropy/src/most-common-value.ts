/** Samples that an estimate is made of: one a byte. */
const WINDOW = 65_536
/** Of the normal distribution, 99.5 %: the confidence that SP 800-90B asks for. */
const Z = 2.576

/**
 * The most common value estimate of min-entropy per sample (SP 800-90B, 6.3.1) over the last whole window. It sees bias and
 * nothing else, so that it is an upper bound: for watching a source, and no assessment of it.
 */
export class MostCommonValue {
  #counts = new Uint32Array(256)
  #seen = 0
  #estimate: number | undefined

  /** In bits; `undefined` until a window was seen. */
  get bitsPerSample(): number | undefined {
    return this.#estimate
  }

  see(samples: Uint8Array): void {
    for (const sample of samples) {
      this.#counts[sample] = (this.#counts[sample] ?? 0) + 1
      if (++this.#seen === WINDOW) this.#close()
    }
  }

  #close(): void {
    const share = Math.max(...this.#counts) / WINDOW
    const bound = Math.min(1, share + Z * Math.sqrt((share * (1 - share)) / (WINDOW - 1)))
    this.#estimate = -Math.log2(bound)
    this.#counts = new Uint32Array(256)
    this.#seen = 0
  }
}
