import { closeSync, fsyncSync, mkdirSync, openSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { DatabaseSync } from "node:sqlite"

import type { Secret } from "@starling/kernel"
import type { Store } from "@starling/messenger/ports"

import { FolderLock } from "./folder-lock.ts"
import { RowCipher } from "./row-cipher.ts"
import { prepareSchema, readFingerprint, refuseNewer } from "./schema.ts"
import { onDisk, onSchema, storeError } from "./sqlite-failure.ts"
import { SqliteStore } from "./sqlite-store.ts"

const PAGE_BYTES = 4096
/** The log is moved into the database at rest (`SqliteStore`), and at 16 MiB in any case: that costs three fsyncs. */
const MOST_LOG_PAGES = 4096

export interface StoreOptions {
  /** Where the store's files live; made (for its owner alone) where it does not exist. */
  readonly folder: string
  /** 32 bytes. Everything needed of it is derived at once: the caller may wipe it afterwards. */
  readonly rootKey: Secret
  /** Fresh random bytes: 16 for each row written, drawn for many rows at once. */
  readonly random: (length: number) => Uint8Array
  /** The file never grows beyond this: a commit that would is refused as if the disk were full. */
  readonly maxBytes?: number
}

/**
 * Opens or makes the store in a folder.
 * Throws `StoreError`: "locked" while another store is open on the folder, "newer-version" (nothing is touched), "wrong-key",
 * "corrupt", "full", "io".
 */
export function openStore({ folder, rootKey, random, maxBytes }: StoreOptions): Store {
  const home = resolve(folder)
  onDisk(home, () => makeFolder(home))
  using undo = new DisposableStack()
  const lock = undo.use(new FolderLock(home))
  const cipher = new RowCipher(rootKey, random)
  const database = undo.adopt(openDatabase(home, cipher.fingerprint), (opened) => opened.close())
  if (!cipher.matches(onSchema(home, () => readFingerprint(database, home)))) throw storeError("wrong-key", home)
  if (maxBytes !== undefined) database.exec(`PRAGMA max_page_count = ${Math.floor(maxBytes / PAGE_BYTES)}`)
  const store = onSchema(home, () => new SqliteStore(database, cipher, lock, home))
  undo.move()
  return store
}

/**
 * A write-ahead log with `synchronous = FULL` is durable after one fsync per commit, where a rollback journal takes three.
 * Without a shared-memory file (`locking_mode = EXCLUSIVE`), since nobody else may look in. Deleted rows are overwritten.
 */
function openDatabase(folder: string, fingerprint: Uint8Array): DatabaseSync {
  const file = join(folder, "store.sqlite")
  onDisk(folder, () => {
    closeSync(openSync(file, "a", 0o600))
    refuseNewer(file, folder)
  })
  const database = onDisk(folder, () => new DatabaseSync(file, { allowExtension: false }))
  try {
    onDisk(folder, () => {
      database.exec(`
        PRAGMA page_size = ${PAGE_BYTES};
        PRAGMA locking_mode = EXCLUSIVE;
        PRAGMA synchronous = FULL;
        PRAGMA fullfsync = ON;
        PRAGMA checkpoint_fullfsync = ON;
        PRAGMA secure_delete = ON;
        PRAGMA temp_store = MEMORY;
        PRAGMA cell_size_check = ON;
      `)
      prepareSchema(database, fingerprint)
      database.exec(`PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = ${MOST_LOG_PAGES}`)
      syncFolder(folder)
      requireIntegrity(database, folder)
    })
  } catch (error) {
    database.close()
    throw error
  }
  return database
}

/** A damaged index would hide rows without a fault on reading; about a millisecond for each megabyte of store. */
function requireIntegrity(database: DatabaseSync, folder: string): void {
  const verdict = database.prepare("PRAGMA integrity_check(1)").get()?.["integrity_check"]
  if (verdict !== "ok") throw storeError("corrupt", folder, new Error(String(verdict)))
}

/** A folder is durable once each folder that names a new one is. */
function makeFolder(folder: string): void {
  const first = mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (first === undefined) return
  for (let made = folder; made.length >= first.length; made = dirname(made)) syncFolder(dirname(made))
}

function syncFolder(folder: string): void {
  if (process.platform === "win32") return
  const descriptor = openSync(folder, "r")
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
