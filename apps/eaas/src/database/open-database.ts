import type { Database } from "@starling/eaas"
import { PgliteDatabase } from "./pglite-database.ts"
import { PostgresDatabase } from "./postgres-database.ts"

/** PostgreSQL where a URL of one is given, otherwise PGlite in the data folder, which is for this process alone. */
export async function openDatabase(settings: {
  readonly data: string
  readonly database?: string | undefined
}): Promise<Database> {
  return settings.database === undefined
    ? await PgliteDatabase.open(settings.data)
    : await PostgresDatabase.open(settings.database)
}
