import type { DrawRecord } from "@starling/entropy"
import type { Milliseconds } from "@starling/kernel"
import { StoreError, type Store, type Write } from "@starling/messenger/ports"
import type { DrawJournal } from "./draw-journal.ts"

/** What is deferred waits for a commit at most so long. */
const LONGEST_DEFERRAL: Milliseconds = 500

/**
 * The one way to write to the store: with every commit go the records of the draws made since the last one, so that no key
 * is kept whose origin is not, and what was deferred. Where a commit fails the draws have happened all the same, and wait
 * for the next.
 */
export class Ledger implements Disposable {
  readonly #store: Store
  readonly #journal: DrawJournal
  readonly #takeRecords: () => readonly DrawRecord[]
  #pending: readonly Write[] = []
  /** The last write to each row, in order. */
  readonly #deferred = new Map<string, Write>()
  #timer: NodeJS.Timeout | undefined

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
    this.#writeWithDeferred(writes)
  }

  /** Writes these with the next commit, or after a short while: costs no disk access of its own while others follow. */
  defer(writes: readonly Write[]): void {
    for (const write of writes) {
      const row = rowOf(write)
      this.#deferred.delete(row)
      this.#deferred.set(row, write)
    }
    this.#pending = [...this.#pending, ...this.#journal.append(this.#takeRecords())]
    if (this.#deferred.size + this.#pending.length > 0)
      this.#timer ??= setTimeout(() => this.flush(), LONGEST_DEFERRAL).unref()
  }

  /** Writes what waits; false where the store can't for now. */
  flush(): boolean {
    try {
      this.#pending = [...this.#pending, ...this.#journal.append(this.#takeRecords())]
      if (this.#deferred.size + this.#pending.length > 0) this.#writeWithDeferred([])
      return true
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      return false
    }
  }

  /** Ends the timer and writes what waits, as far as the store can. */
  [Symbol.dispose](): void {
    this.flush()
    this.#stopTimer()
  }

  #writeWithDeferred(writes: readonly Write[]): void {
    this.#stopTimer()
    this.#store.commit([...this.#deferred.values(), ...writes, ...this.#pending])
    this.#deferred.clear()
    this.#pending = []
  }

  #stopTimer(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
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

function rowOf(write: Write): string {
  return JSON.stringify([write.bucket, write.partition, write.kind === "delete-partition" ? undefined : write.key])
}
