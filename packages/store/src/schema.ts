import { closeSync, openSync, readSync } from "node:fs"
import type { DatabaseSync } from "node:sqlite"

import { storeError } from "./sqlite-failure.ts"

/** Version of what stands in the file. */
export const STORE_VERSION = 1

/** "Star" in ASCII, in the field that SQLite keeps for an application to mark its files. */
const APPLICATION = 0x53746172

/**
 * `id` keeps the order of insertion. `partition` and `key` are blinded; `salt` and `sealed` are the cipher's.
 * The header fields that tell the version change in rollback-journal mode only: they are then always in the main file itself.
 */
const SCHEMA = `
  BEGIN IMMEDIATE;
  CREATE TABLE root_key (fingerprint BLOB NOT NULL) STRICT;
  CREATE TABLE rows (
    id INTEGER PRIMARY KEY,
    bucket TEXT NOT NULL,
    partition BLOB NOT NULL,
    key BLOB NOT NULL,
    ordinal INTEGER NOT NULL,
    salt BLOB NOT NULL,
    sealed BLOB NOT NULL,
    UNIQUE (bucket, partition, key)
  ) STRICT;
  CREATE INDEX rows_in_order ON rows (bucket, partition, ordinal);
  PRAGMA application_id = ${APPLICATION};
  PRAGMA user_version = ${STORE_VERSION};
`

/** Looks at the header alone, before SQLite could change anything: a newer store is refused as it stands. */
export function refuseNewer(file: string, folder: string): void {
  const header = Buffer.alloc(100)
  const descriptor = openSync(file, "r")
  try {
    if (readSync(descriptor, header, 0, header.length, 0) < header.length) return
  } finally {
    closeSync(descriptor)
  }
  const ours = header.toString("latin1", 0, 16) === "SQLite format 3\0" && header.readInt32BE(68) === APPLICATION
  if (ours && header.readInt32BE(60) > STORE_VERSION) throw storeError("newer-version", folder)
}

/** Makes the tables where there are none, in one step; leaves the fingerprint of the root key that the store belongs to. */
export function prepareSchema(database: DatabaseSync, fingerprint: Uint8Array): void {
  if (database.prepare("SELECT 1 FROM sqlite_schema").get() !== undefined) return
  database.exec(SCHEMA)
  database.prepare("INSERT INTO root_key VALUES (?)").run(fingerprint)
  database.exec("COMMIT")
}

/** The fingerprint in the store. Throws `StoreError` "corrupt" where the file is a database, but no store of ours. */
export function readFingerprint(database: DatabaseSync, folder: string): Uint8Array {
  const application = database.prepare("PRAGMA application_id").get()?.["application_id"]
  if (application !== APPLICATION) throw storeError("corrupt", folder)
  const fingerprint = database.prepare("SELECT fingerprint FROM root_key").get()?.["fingerprint"]
  if (!(fingerprint instanceof Uint8Array)) throw storeError("corrupt", folder)
  return fingerprint
}
