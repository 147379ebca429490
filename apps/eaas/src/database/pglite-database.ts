import { existsSync } from "node:fs"
import { join } from "node:path"

import { PGlite, type Transaction } from "@electric-sql/pglite"

import { DatabaseError, type Database, type Queries, type Row, type SqlValue } from "@starling/eaas"

import { createCluster } from "./cluster-template.ts"
import { DurableFileSystem, START_PARAMETERS } from "./durable-file-system.ts"
import { lockFolder } from "./folder-lock.ts"

/** PostgreSQL in this process, its cluster in a folder that nobody else may use meanwhile. */
export class PgliteDatabase implements Database {
  readonly #pglite: PGlite
  readonly #fs: DurableFileSystem
  readonly #unlock: () => void

  private constructor(pglite: PGlite, fs: DurableFileSystem, unlock: () => void) {
    this.#pglite = pglite
    this.#fs = fs
    this.#unlock = unlock
  }

  /** Opens the database in `folder`, and makes it where there is none. Throws `DatabaseError`. */
  static async open(folder: string): Promise<PgliteDatabase> {
    const unlock = lockFolder(folder)
    try {
      const cluster = join(folder, "database")
      if (!existsSync(cluster)) await createCluster(cluster)
      const fs = new DurableFileSystem(cluster)
      const pglite = await PGlite.create({ fs, startParams: [...START_PARAMETERS] })
      await requireDurability(pglite, fs)
      return new PgliteDatabase(pglite, fs, unlock)
    } catch (error) {
      unlock()
      throw failure(error)
    }
  }

  async query(sql: string, parameters: readonly SqlValue[] = []): Promise<readonly Row[]> {
    this.#requireSound()
    return await queriesOf(this.#pglite).query(sql, parameters)
  }

  async transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    this.#requireSound()
    const result = await this.#pglite.transaction(async (transaction) => await work(queriesOf(transaction)))
    this.#requireSound()
    return result
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#fs.failure === undefined) await this.#pglite.close()
    this.#unlock()
  }

  /** Once a sync failed, nobody knows what is on the disk until the next start recovers it. */
  #requireSound(): void {
    if (this.#fs.failure !== undefined) throw failure(this.#fs.failure)
  }
}

function queriesOf(on: PGlite | Transaction): Queries {
  return {
    async query(sql, parameters = []) {
      try {
        return (await on.query<Row>(sql, [...parameters])).rows
      } catch (error) {
        throw failure(error)
      }
    },
  }
}

/** A commit that reaches no disk would let a key be taken twice after a loss of power: better no service. */
async function requireDurability(pglite: PGlite, fs: DurableFileSystem): Promise<void> {
  await pglite.exec("create table if not exists durability_check (id integer primary key)")
  const before = fs.syncs
  await pglite.exec("insert into durability_check values (1) on conflict (id) do update set id = 1")
  if (fs.syncs === before)
    throw new DatabaseError("io", "The database doesn't make its commits durable. It is not used.")
}

function failure(error: unknown): DatabaseError {
  if (error instanceof DatabaseError) return error
  return new DatabaseError("io", `The database failed: ${error instanceof Error ? error.message : "unknown"}`, {
    cause: error,
  })
}
