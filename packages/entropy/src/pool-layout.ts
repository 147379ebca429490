import { concat, utf8, type Bytes } from "@starling/kernel"

/**
 * Format 1 of the pool's file, in sectors of 512 bytes:
 *
 *     0       superblock: 14 bytes of magic, uint16 version, zeroes
 *     512     header slot A: the sealed state
 *     20 992  header slot B
 *     41 472  64 cells of 1024 bytes: ciphertext alone; a cell that holds nothing is all zeroes
 *
 * Cells form a ring; cell number n, counted from the pool's beginning of time, lies in place n mod 64. Their tags,
 * lengths and deliveries stand in the state.
 */
export const SECTOR = 512
export const CELL = 1024
export const CELLS = 64
/** Cells that one barrier reserves. */
export const BLOCK_CELLS = 4
export const CAPACITY = CELLS * CELL
export const SLOT = 40 * SECTOR
const DATA = SECTOR + 2 * SLOT
export const FILE_BYTES = DATA + CAPACITY

const VERSION = 1
const MAGIC = utf8("starling pool\n")

/** What the superblock of this version says; sealed states are bound to it. */
export const SUPERBLOCK: Bytes = concat(MAGIC, new Uint8Array([VERSION >> 8, VERSION & 0xff]))

export type Superblock =
  | { readonly kind: "blank" | "current" | "foreign" }
  | { readonly kind: "other"; version: number }

/** Judges the first sector of a file. `blank` is what an interrupted creation leaves: a beginning of it, then zeroes. */
export function readSuperblock(sector: Uint8Array): Superblock {
  const written = sector.findLastIndex((byte) => byte !== 0) + 1
  const begun = sector.subarray(0, written).every((byte, i) => byte === SUPERBLOCK[i])
  if (begun) return { kind: written === SUPERBLOCK.length ? "current" : "blank" }
  const ours = MAGIC.every((byte, i) => sector[i] === byte)
  if (!ours) return { kind: "foreign" }
  return { kind: "other", version: ((sector[MAGIC.length] ?? 0) << 8) | (sector[MAGIC.length + 1] ?? 0) }
}

export function slotOffset(slot: 0 | 1): number {
  return SECTOR + slot * SLOT
}

export function cellOffset(cell: number): number {
  return DATA + (cell % CELLS) * CELL
}
