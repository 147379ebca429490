import { concat, wipe, type Bytes, type Secret } from "@starling/kernel"

import type { Block } from "./block.ts"
import { eraseCells, eraseRemnants, readCells, writeCells } from "./cells.ts"
import { GuardedFile } from "./guarded-file.ts"
import { findState, HeaderSlots } from "./header-slots.ts"
import type { OsEntropy } from "./os-entropy.ts"
import { PoolCorrupt, PoolVersionUnsupported } from "./pool-error.ts"
import type { PoolFile } from "./pool-file.ts"
import { BLOCK_CELLS, CELL, CELLS, FILE_BYTES, readSuperblock, SECTOR, SUPERBLOCK } from "./pool-layout.ts"
import { storableDelivery } from "./pool-state-codec.ts"
import { bytesIn, blockOf, withCells, withoutBlock, type PoolState } from "./pool-state.ts"
import type { Delivery } from "./provenance.ts"
import { firstLink, headerKey } from "./seal.ts"

/** A block that is erased on disk; these bytes are all that is left of it. */
export interface Reserved {
  readonly block: Block
  readonly bytes: Bytes
}

interface Reserving {
  readonly cells: number
  readonly reserved: Reserved
}

export interface VaultOptions {
  readonly file: PoolFile
  readonly rootKey: Secret
  readonly os: OsEntropy
  /** Whether the journal accounts for all of a block, so that the vault may forget it. */
  readonly isSettled: (block: Block) => boolean
}

/**
 * The durable half of the pool: what it returns is erased on disk, and what it has taken is there after a loss of
 * power, whichever of the unsynced sectors that loss keeps.
 *
 *     reserve: state without the block, zeroes over its cells, barrier
 *     fill:    cells, barrier, state with the cells, barrier
 *
 * A reservation cut short may leave the old state with cells already blank; opening completes it, unreleased.
 */
export class Vault implements Disposable {
  readonly #file: PoolFile
  readonly #key: Bytes
  readonly #slots: HeaderSlots
  #state: PoolState
  /** Read, and perhaps erased in part, but not yet past the barrier; a write that failed is tried again from here. */
  #reserving: Reserving | undefined

  /** Owns `file` from here on, and closes it where it throws; `PoolVersionUnsupported` and `PoolCorrupt` come before any write. */
  static open({ file: raw, rootKey, os, isSettled }: VaultOptions): Vault {
    const file = new GuardedFile(raw)
    const key = headerKey(rootKey.expose())
    try {
      const found = inspect(file, key)
      const vault = new Vault(file, key, new HeaderSlots(file, key, found), found?.state ?? blankState(rootKey, os))
      if (found === undefined) vault.#create()
      vault.#opened(isSettled)
      return vault
    } catch (error) {
      wipe(key)
      file.close()
      throw error
    }
  }

  private constructor(file: PoolFile, key: Bytes, slots: HeaderSlots, state: PoolState) {
    this.#file = file
    this.#key = key
    this.#slots = slots
    this.#state = state
  }

  /** How often the pool was opened, this time included. */
  get opening(): number {
    return this.#state.opening
  }

  /** Bytes that can still be reserved. */
  get bytes(): number {
    return bytesIn(this.#state.cells)
  }

  /** Bytes that can be filled in. */
  get room(): number {
    return (CELLS - this.#state.cells.length) * CELL
  }

  /** Reservations that the journal had not been seen to cover when the pool was opened, and all since then; the latest 16. */
  get blocks(): readonly Block[] {
    return this.#state.blocks
  }

  get deliveries(): readonly Delivery[] {
    return this.#state.deliveries
  }

  /** Takes the next block out for good, or `undefined` where none is left. One barrier. */
  reserve(): Reserved | undefined {
    if (this.#state.cells.length === 0) return undefined
    this.#reserving ??= this.#read()
    const { cells, reserved } = this.#reserving
    const next = withoutBlock(this.#state, cells)
    this.#slots.write(next)
    eraseCells(this.#file, this.#state.firstCell, cells)
    this.#commit(next)
    this.#reserving = undefined
    return reserved
  }

  /** Takes all of `bytes`, at most `room`; they are durable when this returns. Two barriers. */
  fill(bytes: Uint8Array, delivery: Delivery): void {
    if (bytes.length > this.room) throw new RangeError(`${bytes.length} bytes where ${this.room} have room`)
    const stored = storableDelivery(delivery)
    const cells = writeCells(this.#file, this.#state, bytes, stored.id)
    this.#file.sync()
    const next = withCells(this.#state, cells, stored)
    this.#slots.write(next)
    this.#commit(next)
  }

  [Symbol.dispose](): void {
    wipe(this.#key, this.#state.link, this.#reserving?.reserved.bytes ?? new Uint8Array())
    this.#file.close()
  }

  #read(): Reserving {
    const parts = readCells(this.#file, this.#state, BLOCK_CELLS)
    const whole = parts.filter((part) => part !== undefined)
    const bytes = concat(...whole)
    wipe(...whole)
    if (whole.length < parts.length) throw new PoolCorrupt("a stored block is not what was put there")
    return { cells: parts.length, reserved: { block: blockOf(this.#state, parts.length), bytes } }
  }

  /** The superblock comes last, so that a file that carries it holds a whole state. */
  #create(): void {
    this.#file.write(0, new Uint8Array(FILE_BYTES))
    this.#slots.write(this.#state)
    this.#commit(this.#state)
    this.#file.write(0, SUPERBLOCK)
  }

  #opened(isSettled: (block: Block) => boolean): void {
    const parts = readCells(this.#file, this.#state, BLOCK_CELLS)
    const lost = parts.lastIndexOf(undefined) + 1
    wipe(...parts.filter((part) => part !== undefined))
    const whole = lost > 0 ? withoutBlock(this.#state, lost) : this.#state
    const next = {
      ...whole,
      opening: whole.opening + 1,
      blocks: whole.blocks.filter((block) => !isSettled(block)),
    }
    this.#slots.write(next)
    eraseRemnants(this.#file, next)
    this.#commit(next)
  }

  /** The barrier that makes `next` the state. */
  #commit(next: PoolState): void {
    this.#file.sync()
    if (next.link !== this.#state.link) wipe(this.#state.link)
    this.#state = next
    this.#slots.settle()
  }
}

/** The newest state of the file, or `undefined` where the file is new or its creation never came to an end. */
function inspect(file: PoolFile, key: Uint8Array): ReturnType<typeof findState> {
  const superblock = readSuperblock(file.read(0, SECTOR))
  const found = findState(file, key)
  switch (superblock.kind) {
    case "blank":
      if (found !== undefined && found.state.firstCell + found.state.cells.length > 0)
        throw new PoolCorrupt("its first sector is gone")
      return undefined
    case "other":
      throw new PoolVersionUnsupported(superblock.version)
    case "foreign":
      throw new PoolCorrupt("it does not look like a pool")
    case "current":
      if (file.size() < FILE_BYTES) throw new PoolCorrupt("the file is cut short")
      if (found === undefined) throw new PoolCorrupt("its header is forged or damaged, or the root key is another")
      return found
    default:
      return superblock
  }
}

function blankState(rootKey: Secret, os: OsEntropy): PoolState {
  return {
    id: os(16),
    opening: 0,
    link: firstLink(rootKey.expose(), os(32)),
    firstCell: 0,
    firstOffset: 0,
    cells: [],
    blocks: [],
    deliveries: [],
  }
}
