import { decodeCbor, encodeCbor } from "@starling/wire"
import type { DrawRecord } from "@starling/entropy"
import { StoreError, type Range, type Store, type Write } from "@starling/messenger/ports"
import { z } from "zod"

const BUCKET = "draws"
const PARTITION = "device"
const MOST_ROW_BYTES = 64 * 1024
const ROWS_PER_PAGE = 256

/** Draws as they lie in the store; `sequence` of the journal is the row's ordinal, that of the pool stands inside. */
const StoredDraw = z.object({
  v: z.literal(1),
  sequence: z.number(),
  at: z.number(),
  purpose: z.string(),
  bytes: z.number(),
  label: z.enum(["mixed", "local only", "pure", "burned"]),
  operatingSystem: z.number(),
  eaas: z.array(z.object({ delivery: z.string(), offset: z.number(), length: z.number(), block: z.number() })),
})

export interface JournaledDraw extends DrawRecord {
  /** Position in the journal, from 1; the pool numbers its own draws alone. */
  readonly position: number
}

/** Every draw of random bytes that this device made, in order: from the pool, and from the operating system alone. */
export class DrawJournal {
  readonly #store: Store
  #next: number

  constructor(store: Store) {
    this.#store = store
    const [last] = store.list(BUCKET, PARTITION, { newestFirst: true, limit: 1 })
    this.#next = (last?.ordinal ?? 0) + 1
  }

  /** The writes that append these records; positions are given out once and may leave gaps. */
  append(records: readonly DrawRecord[]): readonly Write[] {
    return records.map((record) => {
      const position = this.#next++
      return {
        kind: "put",
        bucket: BUCKET,
        partition: PARTITION,
        key: String(position),
        ordinal: position,
        value: encodeDraw(record),
      }
    })
  }

  /** In order of position, or newest first. */
  list(range: Range): readonly JournaledDraw[] {
    return this.#store
      .list(BUCKET, PARTITION, range)
      .map((row) => ({ ...decodeDraw(row.value), position: row.ordinal }))
  }

  /** The draws that used bytes of one reserved block of the pool. */
  ofBlock(block: number): readonly DrawRecord[] {
    const found: DrawRecord[] = []
    let before = this.#next
    for (;;) {
      const page = this.list({ before, newestFirst: true, limit: ROWS_PER_PAGE })
      for (const draw of page) {
        if (draw.eaas.some((range) => range.block === block)) found.unshift(draw)
        // Blocks are used up in order: what lies further back used earlier ones.
        else if (draw.eaas.some((range) => range.block < block)) return found
      }
      const last = page.at(-1)
      if (last === undefined || page.length < ROWS_PER_PAGE) return found
      before = last.position
    }
  }
}

function encodeDraw(record: DrawRecord): Uint8Array {
  const { sequence, at, purpose, bytes, label, operatingSystem } = record
  const eaas = record.eaas.map(({ delivery, offset, length, block }) => ({ delivery, offset, length, block }))
  return encodeCbor({ v: 1, sequence, at, purpose, bytes, label, operatingSystem, eaas })
}

function decodeDraw(value: Uint8Array): DrawRecord {
  const decoded = decodeCbor(value, MOST_ROW_BYTES)
  const draw = StoredDraw.safeParse(decoded.kind === "ok" ? decoded.value : undefined)
  if (!draw.success)
    throw new StoreError("corrupt", "a row of the draw journal can't be read: restore the data folder from a copy")
  return draw.data
}
