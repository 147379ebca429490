import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"

import { DatabaseError } from "@starling/eaas"

/**
 * Keeps every other process out of `folder` until the returned function is called. The operating system lets go of the
 * lock when this process ends, however it ends. Throws `DatabaseError` where another one holds it.
 */
export function lockFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const lock = new DatabaseSync(join(folder, "lock"))
  try {
    lock.exec("begin exclusive")
    return () => lock.close()
  } catch (cause) {
    lock.close()
    throw new DatabaseError("locked", `Another process uses ${folder}. Only one can.`, { cause })
  }
}
