import { existsSync } from "node:fs"
import { mkdir, readFile, rename, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"

import { PGlite, type Transaction } from "@electric-sql/pglite"
import type { Database, Queries, Row, SqlValue } from "@starling/eaas"

/** A cluster as it is when it was just made, which takes five times as long as to load it. Goes with every `npm ci`. */
const TEMPLATE = join(import.meta.dirname, "../../../node_modules/.cache/starling/cluster.tar")

/** A database of one test, in memory. */
export async function memoryDatabase(): Promise<Database> {
  const pglite = existsSync(TEMPLATE) ? await loaded() : await made()
  return {
    ...queriesOf(pglite),
    transaction: async (work) => await pglite.transaction(async (tx) => await work(queriesOf(tx))),
    [Symbol.asyncDispose]: async () => await pglite.close(),
  }
}

async function loaded(): Promise<PGlite> {
  return await PGlite.create({ loadDataDir: new Blob([await readFile(TEMPLATE)]) })
}

async function made(): Promise<PGlite> {
  const pglite = await PGlite.create()
  const dump = await pglite.dumpDataDir("none")
  await mkdir(dirname(TEMPLATE), { recursive: true })
  const unfinished = `${TEMPLATE}.${process.pid}`
  await writeFile(unfinished, new Uint8Array(await dump.arrayBuffer()))
  await rename(unfinished, TEMPLATE)
  return pglite
}

function queriesOf(on: PGlite | Transaction): Queries {
  return {
    query: async (sql: string, parameters: readonly SqlValue[] = []) =>
      (await on.query<Row>(sql, [...parameters])).rows,
  }
}
