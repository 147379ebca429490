import { PgliteDatabase } from "../src/database/pglite-database.ts"

/** This file, to be run as a program. */
export const INSERT_UNTIL_KILLED = import.meta.filename

if (import.meta.main) await insertUntilKilled(process.argv[2] ?? "")

/** Commits row after row into the database at `folder`, and says each number once its row is durable. */
async function insertUntilKilled(folder: string): Promise<void> {
  const database = await PgliteDatabase.open(folder)
  await database.query("create table if not exists spent (id integer primary key, answer bytea not null)")
  const [row] = await database.query("select coalesce(max(id), 0)::integer as last from spent")
  for (let id = Number(row?.["last"]) + 1; ; id++) {
    const insert = "insert into spent values ($1, $2)"
    await database.transaction(async (db) => await db.query(insert, [id, new Uint8Array(2500)]))
    process.stdout.write(`${id}\n`)
  }
}
