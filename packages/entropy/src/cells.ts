import { concat, wipe, type Bytes } from "@starling/kernel"
import { encode } from "@starling/wire"

import type { PoolFile } from "./pool-file.ts"
import { CELL, cellOffset, CELLS } from "./pool-layout.ts"
import type { Cell, PoolState } from "./pool-state.ts"
import { advance, cellKey, seal, unseal } from "./seal.ts"

const ERASED = new Uint8Array(CELL)

/** Writes `bytes` as new cells behind those of `state`, into places that hold nothing; a barrier must follow. */
export function writeCells(file: PoolFile, state: PoolState, bytes: Uint8Array, delivery: string): Cell[] {
  const cells: Cell[] = []
  let number = state.firstCell + state.cells.length
  let link = advance(state.link, state.cells.length)
  for (let at = 0; at < bytes.length; at += CELL) {
    const plaintext = bytes.subarray(at, at + CELL)
    const key = cellKey(link)
    const sealed = seal(key, number, cellContext(state.id, number, plaintext.length), plaintext)
    file.write(cellOffset(number), sealed.ciphertext)
    cells.push({ delivery, length: plaintext.length, tag: sealed.tag })
    number += 1
    const next = advance(link, 1)
    wipe(key, link)
    link = next
  }
  wipe(link)
  return cells
}

/** The first `count` cells in their order; `undefined` stands for one that is not what the state vouches for. */
export function readCells(file: PoolFile, state: PoolState, count: number): (Bytes | undefined)[] {
  let link = advance(state.link, 0)
  const plaintexts = state.cells.slice(0, count).map((cell, i) => {
    const number = state.firstCell + i
    const ciphertext = file.read(cellOffset(number), cell.length)
    const key = cellKey(link)
    const next = advance(link, 1)
    const plaintext = unseal(key, number, cellContext(state.id, number, cell.length), { ciphertext, tag: cell.tag })
    wipe(key, link)
    link = next
    return plaintext
  })
  wipe(link)
  return plaintexts
}

/** Overwrites `count` cells from `first` on; a barrier must follow. */
export function eraseCells(file: PoolFile, first: number, count: number): void {
  for (let number = first; number < first + count; number++) file.write(cellOffset(number), ERASED)
}

/** Overwrites every place that holds no cell of `state` and is not blank. */
export function eraseRemnants(file: PoolFile, state: PoolState): void {
  for (let number = state.firstCell + state.cells.length; number < state.firstCell + CELLS; number++) {
    const blank = file.read(cellOffset(number), CELL).every((byte) => byte === 0)
    if (!blank) eraseCells(file, number, 1)
  }
}

function cellContext(id: Bytes, number: number, length: number): Bytes {
  return concat(
    id,
    encode((writer) => writer.uint64(BigInt(number)).uint16(length), 16),
  )
}
