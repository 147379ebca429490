import { wipe, type Bytes } from "@starling/kernel"

import { rangesOf } from "./block.ts"
import type { EaasRange } from "./provenance.ts"
import type { Reserved } from "./vault.ts"

/** Bytes that are gone from the disk and wait in memory to be drawn, in the order in which they were delivered. */
export class Reserve implements Disposable {
  readonly #blocks: Reserved[] = []
  /** Bytes of the first block that are used up. */
  #used = 0
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  add(reserved: Reserved): void {
    this.#blocks.push(reserved)
    this.#bytes += reserved.bytes.length
  }

  /** The next `length` bytes, which stay where they are until `consume`. */
  peek(length: number): { readonly bytes: Bytes; readonly ranges: readonly EaasRange[] } {
    if (length > this.#bytes) throw new RangeError(`${length} bytes of ${this.#bytes}`)
    const bytes = new Uint8Array(length)
    const ranges: EaasRange[] = []
    let at = 0
    let from = this.#used
    for (const { block, bytes: held } of this.#blocks) {
      const part = held.subarray(from, from + length - at)
      bytes.set(part, at)
      ranges.push(...rangesOf(block, from, from + part.length))
      at += part.length
      from = 0
      if (at === length) break
    }
    return { bytes, ranges }
  }

  /** Wipes the next `length` bytes. */
  consume(length: number): void {
    let left = length
    while (left > 0) {
      const first = this.#blocks[0]
      if (first === undefined) throw new RangeError(`${left} bytes more than there are`)
      const part = first.bytes.subarray(this.#used, this.#used + left)
      wipe(part)
      left -= part.length
      this.#used += part.length
      this.#bytes -= part.length
      if (this.#used < first.bytes.length) continue
      this.#blocks.shift()
      this.#used = 0
    }
  }

  [Symbol.dispose](): void {
    this.consume(this.#bytes)
  }
}
