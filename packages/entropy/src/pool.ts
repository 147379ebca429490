import { wipe, type Bytes, type Secret } from "@starling/kernel"

import { unaccounted, type Block } from "./block.ts"
import type { Clock } from "./clock.ts"
import { drawContext, MAX_DRAW, mix, OS_BYTES } from "./mix.ts"
import type { OsEntropy } from "./os-entropy.ts"
import type { EntropyPolicy } from "./policy.ts"
import { EntropyExhausted } from "./pool-error.ts"
import type { PoolFile } from "./pool-file.ts"
import { CAPACITY } from "./pool-layout.ts"
import type { Delivery, DrawRecord, EaasRange } from "./provenance.ts"
import { Reserve } from "./reserve.ts"
import { Vault } from "./vault.ts"

/** Under this many bytes the pool asks to be filled. */
const LOW_WATER = CAPACITY / 4

/** Records that one opening can number. */
const RECORDS_PER_OPENING = 2 ** 32

export interface EntropyPoolOptions {
  /** The pool's from here on: closed by the pool, also where `open` throws. */
  readonly file: PoolFile
  /** Read while opening; the pool keeps only keys derived from it. */
  readonly rootKey: Secret
  readonly os: OsEntropy
  readonly clock: Clock
  readonly policy: EntropyPolicy
  /** The records kept of a block: all those with a range whose `block` it is. What they leave out is burned. */
  readonly journalOf: (block: number) => readonly DrawRecord[]
}

/**
 * The device's store of EaaS bytes, each handed out at most once: a block of up to 4 KiB is erased on disk before the
 * first of its bytes is drawn. What is left of it is burned: logged by a clean stop, or after a crash by the next opening.
 *
 * Disk trouble surfaces as `PoolWriteFailed`; a stored block that was tampered with, as `PoolCorrupt`.
 */
export class EntropyPool implements Disposable {
  readonly policy: EntropyPolicy
  readonly capacity: number = CAPACITY
  readonly #vault: Vault
  readonly #reserve = new Reserve()
  readonly #os: OsEntropy
  readonly #clock: Clock
  readonly #listeners = new Set<() => void>()
  #records: DrawRecord[] = []
  #sequence: number
  #low: boolean
  #closed = false

  /** Throws `PoolVersionUnsupported`, `PoolCorrupt`, or `PoolWriteFailed`. */
  static open(options: EntropyPoolOptions): EntropyPool {
    const gaps = (block: Block): EaasRange[] => unaccounted(block, options.journalOf(block.number))
    const vault = Vault.open({ ...options, isSettled: (block) => gaps(block).length === 0 })
    const pool = new EntropyPool(vault, options)
    for (const block of vault.blocks) pool.#burn(gaps(block), "restart")
    return pool
  }

  private constructor(vault: Vault, { os, clock, policy }: EntropyPoolOptions) {
    this.policy = policy
    this.#vault = vault
    this.#os = os
    this.#clock = clock
    this.#sequence = vault.opening * RECORDS_PER_OPENING
    this.#low = this.bytes < LOW_WATER
  }

  /** EaaS bytes that can still be drawn. */
  get bytes(): number {
    return this.#vault.bytes + this.#reserve.bytes
  }

  /** Those with bytes left, and the latest of the others: 64 at most. */
  deliveries(): readonly Delivery[] {
    return this.#vault.deliveries
  }

  /**
   * `length` fresh bytes, 8160 at most. `purpose` says in the log what they were for, and separates draws from one
   * another. Throws `EntropyExhausted` where the policy is not `mixed` and the pool holds less than `length`.
   */
  draw(length: number, purpose: string): Bytes {
    this.#requireOpen()
    if (!Number.isInteger(length) || length < 0 || length > MAX_DRAW) {
      throw new RangeError(`a draw gives 0 to ${MAX_DRAW} bytes, not ${length}`)
    }
    if (length === 0) return new Uint8Array()
    const covered = this.#cover(length)
    if (!covered && this.policy !== "mixed") throw new EntropyExhausted(length, this.bytes)
    const { bytes: eaas, ranges } = this.#reserve.peek(covered ? length : 0)
    const sequence = this.#sequence + 1
    if (this.policy === "pure") {
      this.#reserve.consume(length)
      this.#record({ purpose, bytes: length, label: "pure", operatingSystem: 0, eaas: ranges })
      this.#notice()
      return eaas
    }
    const out = mix(eaas, this.#os, drawContext(purpose, sequence, length), length)
    wipe(eaas)
    this.#reserve.consume(eaas.length)
    const label = covered ? "mixed" : "local only"
    this.#record({ purpose, bytes: length, label, operatingSystem: OS_BYTES, eaas: ranges })
    this.#notice()
    return out
  }

  /**
   * Takes as many of `bytes` as there is room for, and says how many. They are durable when it returns, and only then
   * may the sender's copy go. Room comes in cells of 1024 bytes: a fill that ends within one leaves its rest unused.
   */
  fill(bytes: Uint8Array, delivery: Delivery): number {
    this.#requireOpen()
    const taken = Math.min(bytes.length, this.#vault.room, this.capacity - this.bytes)
    if (taken === 0) return 0
    this.#vault.fill(bytes.subarray(0, taken), delivery)
    this.#low = this.bytes < LOW_WATER
    return taken
  }

  /**
   * The records since the last call. They belong into the same transaction as the keys that were made of the draws.
   * A closed pool still gives its last ones.
   */
  takeRecords(): readonly DrawRecord[] {
    const records = this.#records
    this.#records = []
    return records
  }

  /** Calls `listener` each time that the bytes fall under a quarter of the capacity. Returns how to stop that. */
  onLow(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Burns what is reserved and not drawn: `takeRecords` gives the record, and the next opening another where that was not stored. */
  [Symbol.dispose](): void {
    if (this.#closed) return
    this.#closed = true
    const { bytes, ranges } = this.#reserve.peek(this.#reserve.bytes)
    wipe(bytes)
    this.#burn(ranges, "clean stop")
    this.#reserve[Symbol.dispose]()
    this.#vault[Symbol.dispose]()
  }

  /** Reserves until `length` bytes wait in memory; where the pool holds less than that, it is left as it is. */
  #cover(length: number): boolean {
    if (this.bytes < length) return false
    while (this.#reserve.bytes < length) {
      const reserved = this.#vault.reserve()
      if (reserved === undefined) throw new Error("the pool holds fewer bytes than it counts")
      this.#reserve.add(reserved)
    }
    return true
  }

  #burn(ranges: readonly EaasRange[], purpose: "clean stop" | "restart"): void {
    if (ranges.length === 0) return
    this.#record({ purpose, bytes: 0, label: "burned", operatingSystem: 0, eaas: ranges })
  }

  #record(record: Omit<DrawRecord, "sequence" | "at">): void {
    this.#sequence += 1
    this.#records.push({ sequence: this.#sequence, at: this.#clock.now(), ...record })
  }

  #notice(): void {
    const low = this.bytes < LOW_WATER
    const crossed = low && !this.#low
    this.#low = low
    if (crossed) for (const listener of this.#listeners) listener()
  }

  #requireOpen(): void {
    if (this.#closed) throw new Error("the entropy pool is closed")
  }
}
