import type { DatabaseSync, SQLOutputValue, StatementSync } from "node:sqlite"

import { assertNever, type Bytes } from "@starling/kernel"
import { StoreError, type Range, type Row, type Store, type Write } from "@starling/messenger/ports"

import type { FolderLock } from "./folder-lock.ts"
import type { Place, RowCipher, SealedRow } from "./row-cipher.ts"
import { onDisk, storeError } from "./sqlite-failure.ts"

/** Commits after which the log is moved into the database, once none has come for so many milliseconds. */
const CHECKPOINT_AFTER = 50
const REST = 250

const COLUMNS = "bucket, partition, key, ordinal, salt, sealed"

type Columns = Record<string, SQLOutputValue>

/** A `Store` over one open database. */
export class SqliteStore implements Store {
  readonly #database: DatabaseSync
  readonly #cipher: RowCipher
  readonly #lock: FolderLock
  readonly #folder: string
  readonly #begin: StatementSync
  readonly #commit: StatementSync
  readonly #put: StatementSync
  readonly #delete: StatementSync
  readonly #deletePartition: StatementSync
  readonly #get: StatementSync
  readonly #oldestFirst: StatementSync
  readonly #newestFirst: StatementSync
  readonly #all: StatementSync
  #commits = 0
  #resting: NodeJS.Timeout | undefined
  /** A write whose fsync failed may or may not be on the disk: nothing can be promised on top of it. */
  #unsure = false

  constructor(database: DatabaseSync, cipher: RowCipher, lock: FolderLock, folder: string) {
    this.#database = database
    this.#cipher = cipher
    this.#lock = lock
    this.#folder = folder
    this.#begin = database.prepare("BEGIN IMMEDIATE")
    this.#commit = database.prepare("COMMIT")
    this.#put = database.prepare(
      `INSERT INTO rows (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (bucket, partition, key)
       DO UPDATE SET ordinal = excluded.ordinal, salt = excluded.salt, sealed = excluded.sealed`,
    )
    this.#delete = database.prepare("DELETE FROM rows WHERE bucket = ? AND partition = ? AND key = ?")
    this.#deletePartition = database.prepare("DELETE FROM rows WHERE bucket = ? AND partition = ?")
    this.#get = database.prepare(`SELECT ${COLUMNS} FROM rows WHERE bucket = ? AND partition = ? AND key = ?`)
    const within = `SELECT ${COLUMNS} FROM rows WHERE bucket = ? AND partition = ? AND ordinal > ? AND ordinal < ?`
    this.#oldestFirst = database.prepare(`${within} ORDER BY ordinal, id LIMIT ?`)
    this.#newestFirst = database.prepare(`${within} ORDER BY ordinal DESC, id DESC LIMIT ?`)
    this.#all = database.prepare(`SELECT ${COLUMNS} FROM rows WHERE bucket = ? ORDER BY partition, ordinal, id`)
  }

  commit(writes: readonly Write[]): void {
    if (writes.length === 0) return
    if (this.#unsure) throw storeError("io", this.#folder)
    try {
      onDisk(this.#folder, () => {
        this.#begin.run()
        for (const write of writes) this.#apply(write)
        this.#commit.run()
      })
      this.#checkpointAtRest()
    } catch (error) {
      if (error instanceof StoreError && error.reason !== "full") this.#unsure = true
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK")
      throw error
    }
  }

  get(bucket: string, partition: string, key: string): Bytes | undefined {
    const place = { bucket, partition, key }
    const row = onDisk(this.#folder, () =>
      this.#get.get(bucket, this.#cipher.blindPartition(bucket, partition), this.#cipher.blindKey(place)),
    )
    return row === undefined ? undefined : this.#open(row).value
  }

  list(bucket: string, partition: string, range: Range = {}): readonly Row[] {
    const statement = range.newestFirst === true ? this.#newestFirst : this.#oldestFirst
    const { after = -Infinity, before = Infinity, limit = Number.MAX_SAFE_INTEGER } = range
    const blind = this.#cipher.blindPartition(bucket, partition)
    const found = onDisk(this.#folder, () => statement.all(bucket, blind, after, before, limit))
    return found.map((columns) => this.#open(columns))
  }

  all(bucket: string): readonly Row[] {
    const found = onDisk(this.#folder, () => this.#all.all(bucket))
    return found.map((columns) => this.#open(columns)).sort((a, b) => compareText(a.partition, b.partition))
  }

  [Symbol.dispose](): void {
    if (!this.#database.isOpen) return
    clearTimeout(this.#resting)
    try {
      this.#database.close()
    } finally {
      this.#lock[Symbol.dispose]()
    }
  }

  /** Nobody waits for it then. Where it fails the log is as long as it was, and a later commit tells what is wrong with the disk. */
  #checkpointAtRest(): void {
    if (++this.#commits < CHECKPOINT_AFTER) return
    this.#resting ??= setTimeout(() => {
      this.#resting = undefined
      this.#commits = 0
      try {
        onDisk(this.#folder, () => this.#database.exec("PRAGMA wal_checkpoint(PASSIVE)"))
      } catch (error) {
        if (!(error instanceof StoreError)) throw error
      }
    }, REST).unref()
    this.#resting.refresh()
  }

  #apply(write: Write): void {
    switch (write.kind) {
      case "put": {
        if (!Number.isSafeInteger(write.ordinal)) throw new RangeError(`${write.ordinal} is no ordinal`)
        const row = this.#cipher.seal(write, write.ordinal, write.value)
        this.#put.run(row.bucket, row.partition, row.key, row.ordinal, row.salt, row.sealed)
        return
      }
      case "delete":
        this.#delete.run(write.bucket, this.#partition(write), this.#cipher.blindKey(write))
        return
      case "delete-partition":
        this.#deletePartition.run(write.bucket, this.#partition(write))
        return
      default:
        return assertNever(write)
    }
  }

  #partition({ bucket, partition }: Omit<Place, "key">): Bytes {
    return this.#cipher.blindPartition(bucket, partition)
  }

  #open(columns: Columns): Row {
    const row = sealedRow(columns) ?? raise(storeError("corrupt", this.#folder))
    const { partition, key, value } = this.#cipher.open(row)
    return { partition, key, ordinal: row.ordinal, value }
  }
}

function sealedRow(columns: Columns): SealedRow | undefined {
  const { bucket, partition, key, ordinal, salt, sealed } = columns
  if (typeof bucket !== "string" || typeof ordinal !== "number") return undefined
  if (!(partition instanceof Uint8Array) || !(key instanceof Uint8Array)) return undefined
  if (!(salt instanceof Uint8Array) || !(sealed instanceof Uint8Array)) return undefined
  return { bucket, partition, key, ordinal, salt, sealed }
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function raise(error: Error): never {
  throw error
}
