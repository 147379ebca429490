import type { Bytes } from "@starling/kernel"

import type { Block } from "./block.ts"
import type { Delivery } from "./provenance.ts"
import { advance } from "./seal.ts"

/** All that the pool knows durably besides the cells' ciphertexts. Cells have consecutive numbers from `firstCell` on. */
export interface PoolState {
  readonly id: Bytes
  /** How often the pool was opened. */
  readonly opening: number
  /** The chain's link for `firstCell`; earlier ones are forgotten. */
  readonly link: Bytes
  readonly firstCell: number
  /** Bytes that left the pool since its beginning of time. */
  readonly firstOffset: number
  readonly cells: readonly Cell[]
  /** The latest reservations that the journal has not yet been seen to cover. */
  readonly blocks: readonly Block[]
  /** Those with bytes left, and the latest others. */
  readonly deliveries: readonly Delivery[]
}

export interface Cell {
  readonly delivery: string
  readonly length: number
  readonly tag: Bytes
}

export const MAX_BLOCKS = 16
export const MAX_DELIVERIES = 64

export function bytesIn(cells: readonly Cell[]): number {
  return cells.reduce((sum, cell) => sum + cell.length, 0)
}

/** The first `count` cells as one block. */
export function blockOf(state: PoolState, count: number): Block {
  const parts: { delivery: string; length: number }[] = []
  for (const { delivery, length } of state.cells.slice(0, count)) {
    const last = parts.at(-1)
    if (last?.delivery === delivery) last.length += length
    else parts.push({ delivery, length })
  }
  return { number: state.firstCell, offset: state.firstOffset, parts }
}

/** The state without its first `count` cells: the link moves past them, so that they can't be opened from here. */
export function withoutBlock(state: PoolState, count: number): PoolState {
  const taken = state.cells.slice(0, count)
  return {
    ...state,
    link: advance(state.link, count),
    firstCell: state.firstCell + count,
    firstOffset: state.firstOffset + bytesIn(taken),
    cells: state.cells.slice(count),
    blocks: [...state.blocks, blockOf(state, count)].slice(-MAX_BLOCKS),
  }
}

/** The state with new cells at its end. The table forgets the oldest delivery that has no bytes left. */
export function withCells(state: PoolState, cells: readonly Cell[], delivery: Delivery): PoolState {
  const all = [...state.cells, ...cells]
  const live = new Set(all.map((cell) => cell.delivery))
  const known = state.deliveries.filter(({ id }) => id !== delivery.id)
  let excess = known.length + 1 - MAX_DELIVERIES
  const kept = known.filter(({ id }) => live.has(id) || excess-- <= 0)
  return { ...state, cells: all, deliveries: [...kept, delivery] }
}
