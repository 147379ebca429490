import { PGlite, type Transaction } from "@electric-sql/pglite"
import type { Database, Queries, Row, SqlValue } from "@starling/eaas"

/** A database of one test, in memory. */
export async function memoryDatabase(): Promise<Database> {
  const pglite = await PGlite.create()
  return {
    ...queriesOf(pglite),
    transaction: async (work) => await pglite.transaction(async (tx) => await work(queriesOf(tx))),
    [Symbol.asyncDispose]: async () => await pglite.close(),
  }
}

function queriesOf(on: PGlite | Transaction): Queries {
  return {
    query: async (sql: string, parameters: readonly SqlValue[] = []) =>
      (await on.query<Row>(sql, [...parameters])).rows,
  }
}
