// Commits row after row into the database at the given folder, and says each number once its row is durable.
import { PgliteDatabase } from "../src/database/pglite-database.ts"

const database = await PgliteDatabase.open(process.argv[2] ?? "")
await database.query("create table if not exists spent (id integer primary key, answer bytea not null)")
const [row] = await database.query("select coalesce(max(id), 0)::integer as last from spent")
for (let id = Number(row?.["last"]) + 1; ; id++) {
  await database.transaction(
    async (db) => await db.query("insert into spent values ($1, $2)", [id, new Uint8Array(2500)]),
  )
  process.stdout.write(`${id}\n`)
}
