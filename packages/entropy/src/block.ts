import type { DrawRecord, EaasRange } from "./provenance.ts"

/** What one barrier took out of the pool: up to 4 KiB without a hole. Its number is that of its first cell. */
export interface Block {
  readonly number: number
  readonly offset: number
  readonly parts: readonly Part[]
}

interface Part {
  readonly delivery: string
  readonly length: number
}

/** The stretch from `from` to `to`, counted within the block, one range for each delivery that it touches. */
export function rangesOf(block: Block, from: number, to: number): EaasRange[] {
  const ranges: EaasRange[] = []
  let at = 0
  for (const { delivery, length } of block.parts) {
    const start = Math.max(from, at)
    const end = Math.min(to, at + length)
    if (start < end) ranges.push({ delivery, offset: block.offset + start, length: end - start, block: block.number })
    at += length
  }
  return ranges
}

/** What the journal does not account for: bytes that were reserved and went down with the process that held them. */
export function unaccounted(block: Block, journal: readonly DrawRecord[]): EaasRange[] {
  const known = journal
    .flatMap((record) => record.eaas)
    .filter((range) => range.block === block.number)
    .sort((a, b) => a.offset - b.offset)
  const ranges: EaasRange[] = []
  let at = 0
  for (const range of known) {
    const start = range.offset - block.offset
    ranges.push(...rangesOf(block, at, start))
    at = Math.max(at, start + range.length)
  }
  ranges.push(...rangesOf(block, at, blockLength(block)))
  return ranges
}

function blockLength(block: Block): number {
  return block.parts.reduce((sum, part) => sum + part.length, 0)
}
