import { EntropyPool, type DrawRecord } from "@starling/entropy"
import { Secret } from "@starling/kernel"

import { delivery } from "./deliveries.ts"
import { DATA, Disk, PowerLoss, SECTOR } from "./disk.ts"
import { Seeded } from "./seeded.ts"

/** Each barrier of the pool, named by what it makes durable. */
export const BARRIERS = ["creation", "opening", "cells", "filled state", "reservation"] as const
export type Barrier = (typeof BARRIERS)[number]

type Doing = "first opening" | "opening" | "fill" | "draw"

interface StoredCell {
  readonly start: number
  readonly place: number
  readonly ciphertext: Uint8Array
}

/**
 * One device over many losses of power. It fills and draws at random, its store commits the records a little late, and
 * the power goes at a random operation of the disk. Throws on the first promise that the pool breaks.
 */
export class PowerLossStory {
  crashes = 0
  released = 0
  burned = 0
  readonly #random: Seeded
  readonly #disk = new Disk()
  readonly #root = new Secret(new Uint8Array(32).fill(9))
  readonly #content: number[] = []
  readonly #spent = new Set<number>()
  readonly #cells: StoredCell[] = []
  readonly #sequences = new Set<number>()
  readonly #journal: DrawRecord[] = []
  readonly #journaled = new Set<number>()
  #uncommitted: DrawRecord[] = []
  /** What the latest fill offered, while it has not returned. */
  #offered: Uint8Array = new Uint8Array()
  #deliveries = 0
  #doing: Doing = "first opening"
  #syncs = 0

  constructor(seed: number, without?: Barrier) {
    this.#random = new Seeded(seed)
    this.#disk.swallow = () => this.#barrier(this.#syncs++) === without
  }

  run(rounds: number): this {
    for (let round = 0; round < rounds; round++) this.#untilPowerLoss()
    this.#untilPowerLoss(true)
    return this
  }

  #untilPowerLoss(last = false): void {
    if (!last) this.#disk.fuse = this.#random.below(this.#isBlank() || this.#random.chance(0.3) ? 8 : 90)
    try {
      const pool = this.#open()
      if (last) return
      for (let act = 0; act < 12; act++) this.#act(pool)
    } catch (error) {
      if (!isPowerLoss(error)) throw error
    }
    this.crashes += 1
    this.#uncommitted = []
    this.#disk.lose(this.#random)
  }

  #open(): EntropyPool {
    this.#begin(this.#isBlank() ? "first opening" : "opening")
    const pool = EntropyPool.open({
      file: this.#disk.open(),
      rootKey: this.#root,
      os: this.#random.bytes,
      clock: { now: () => 0 },
      policy: this.#random.chance(0.8) ? "pure" : "mixed",
      journalOf: (block) => this.#journal.filter((record) => record.eaas.some((range) => range.block === block)),
    })
    this.#commit(pool)
    this.#account(pool)
    return pool
  }

  #isBlank(): boolean {
    return this.#disk.image.subarray(0, SECTOR).every((byte) => byte === 0)
  }

  #act(pool: EntropyPool): void {
    if (this.#random.chance(0.4)) this.#fill(pool)
    else this.#draw(pool)
    if (this.#random.chance(0.8)) this.#commit(pool)
  }

  #fill(pool: EntropyPool): void {
    this.#begin("fill")
    const length = [1024, 8192, 700, 3000][this.#random.below(4)]!
    const bytes = this.#random.bytes(length)
    this.#offered = bytes
    this.#disk.writes.length = 0
    const taken = pool.fill(bytes, delivery(++this.#deliveries, length))
    this.#accept(bytes.subarray(0, taken))
  }

  #draw(pool: EntropyPool): void {
    this.#begin("draw")
    const length = 1 + this.#random.below(this.#random.chance(0.2) ? 6000 : 64)
    if (pool.policy === "pure" && pool.bytes < length) return
    const before = this.#uncommitted.length
    const out = pool.draw(length, "test")
    this.#uncommitted.push(...pool.takeRecords())
    const record = this.#uncommitted[before]!
    let at = 0
    for (const range of record.eaas) {
      for (let offset = range.offset; offset < range.offset + range.length; offset++) {
        if (this.#spent.has(offset)) throw new Error(`byte ${offset} was released twice`)
        this.#spent.add(offset)
        if (record.label === "pure" && out[at] !== this.#content[offset]) throw new Error(`byte ${offset} is wrong`)
        at += 1
      }
      this.#requireErased(range.offset, range.offset + range.length)
      this.released += range.length
    }
  }

  /** The store commits what it took, and whatever an opening burned. */
  #commit(pool: EntropyPool): void {
    for (const record of [...this.#uncommitted, ...pool.takeRecords()]) {
      if (this.#sequences.has(record.sequence)) throw new Error(`two records have number ${record.sequence}`)
      this.#sequences.add(record.sequence)
      this.#journal.push(record)
      for (const range of record.eaas) {
        for (let offset = range.offset; offset < range.offset + range.length; offset++) {
          if (this.#journaled.has(offset)) throw new Error(`byte ${offset} is logged twice`)
          this.#journaled.add(offset)
          this.#spent.add(offset)
        }
        if (record.label !== "burned") continue
        if (range.offset + range.length > this.#content.length) throw new Error("what was never filled was burned")
        this.burned += range.length
      }
    }
    this.#uncommitted = []
  }

  /** After a restart: all that was ever acknowledged is logged or still there, and nothing else is. */
  #account(pool: EntropyPool): void {
    const total = this.#journaled.size + pool.bytes
    const surplus = total - this.#content.length
    if (surplus < 0) throw new Error(`${-surplus} acknowledged bytes are gone`)
    if (surplus > this.#offered.length) throw new Error(`${surplus} bytes came from nowhere`)
    this.#accept(this.#offered.subarray(0, surplus))
  }

  #accept(bytes: Uint8Array): void {
    const written = this.#disk.writes.filter((write) => write.offset >= DATA && write.bytes.some((byte) => byte !== 0))
    let start = this.#content.length
    for (const { offset, bytes: ciphertext } of bytes.length > 0 ? written : []) {
      this.#cells.push({ start, place: offset, ciphertext })
      start += ciphertext.length
    }
    for (const byte of bytes) this.#content.push(byte)
    this.#offered = new Uint8Array()
    this.#disk.writes.length = 0
  }

  #requireErased(from: number, to: number): void {
    for (const { start, place, ciphertext } of this.#cells) {
      if (start >= to || start + ciphertext.length <= from) continue
      if (this.#disk.couldHold(place, ciphertext)) throw new Error(`byte ${from} was released before it was erased`)
    }
  }

  #begin(doing: Doing): void {
    this.#doing = doing
    this.#syncs = 0
  }

  #barrier(sync: number): Barrier {
    switch (this.#doing) {
      case "first opening":
        return sync === 0 ? "creation" : "opening"
      case "opening":
        return "opening"
      case "fill":
        return sync === 0 ? "cells" : "filled state"
      case "draw":
        return "reservation"
    }
  }
}

function isPowerLoss(error: unknown): boolean {
  return error instanceof PowerLoss || (error instanceof Error && isPowerLoss(error.cause))
}
