import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"

import { onDisk } from "./sqlite-failure.ts"

/**
 * Keeps a folder to one store at a time, within this process and among processes. Held as SQLite's exclusive lock on an
 * empty file of its own, so that it ends with its process however that dies, and the store's file is not touched to find out.
 */
export class FolderLock implements Disposable {
  readonly #database: DatabaseSync

  /** Throws `StoreError` "locked" at once where somebody else holds the folder. */
  constructor(folder: string) {
    this.#database = onDisk(folder, () => new DatabaseSync(join(folder, "store.lock")))
    try {
      onDisk(folder, () => this.#database.exec("BEGIN EXCLUSIVE"))
    } catch (error) {
      this.#database.close()
      throw error
    }
  }

  [Symbol.dispose](): void {
    this.#database.close()
  }
}
