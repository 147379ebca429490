import type { DrawRecord } from "@starling/entropy"
import type { Milliseconds } from "@starling/kernel"
import { StoreError, type Store, type Write } from "@starling/messenger/ports"
import type { DrawJournal } from "./draw-journal.ts"

/**
 * The one way to write to the store: with every commit go the records of the draws made since the last one, so that no key
 * is kept whose origin is not. Where a commit fails the draws have happened all the same, and wait for the next.
 */
export class Ledger {
  readonly #store: Store
  readonly #journal: DrawJournal
  readonly #takeRecords: () => readonly DrawRecord[]
  #pending: readonly Write[] = []

  constructor(options: {
    readonly store: Store
    readonly journal: DrawJournal
    /** The pool's records since the last call. */
    readonly takeRecords: () => readonly DrawRecord[]
  }) {
    this.#store = options.store
    this.#journal = options.journal
    this.#takeRecords = options.takeRecords
  }

  /** Throws `StoreError`, with nothing written. */
  commit(writes: readonly Write[]): void {
    this.commitWith(() => writes)
  }

  /** As `commit`, for writes that depend on the draws made since the last one. */
  commitWith(writesFor: (drawn: readonly DrawRecord[]) => readonly Write[]): void {
    const drawn = this.#takeRecords()
    this.#pending = [...this.#pending, ...this.#journal.append(drawn)]
    const writes = writesFor(drawn)
    if (writes.length === 0 && this.#pending.length === 0) return
    this.#store.commit([...writes, ...this.#pending])
    this.#pending = []
  }

  /** Writes what waits; false where the store can't for now. */
  flush(): boolean {
    try {
      this.commit([])
      return true
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      return false
    }
  }

  /** Notes a draw that used the operating system alone and did not go through the pool. */
  noteLocalDraw(bytes: number, purpose: string, at: Milliseconds): void {
    const record: DrawRecord = {
      sequence: 0,
      at,
      purpose,
      bytes,
      label: "local only",
      operatingSystem: bytes,
      eaas: [],
    }
    this.#pending = [...this.#pending, ...this.#journal.append([record])]
  }
}
