import { column, DatabaseError, type Database } from "./database.ts"

/** The tables of one role, as steps; a database that has taken n of them is of version n. */
export interface Schema {
  readonly role: string
  readonly steps: readonly (readonly string[])[]
}

/** Of the lock that processes which share a database take while they migrate it. Any number, the same for all. */
const MIGRATION_LOCK = 0x5354524c

/** Brings a database to the current version, one process at a time. Leaves one of a newer version as it is and throws `DatabaseError`. */
export async function migrate(database: Database, schema: Schema): Promise<void> {
  await database.transaction(async (db) => {
    await db.query("select pg_advisory_xact_lock($1)", [MIGRATION_LOCK])
    await db.query("create table if not exists schema_version (role text primary key, version integer not null)")
    const [row] = await db.query("select version from schema_version where role = $1", [schema.role])
    const version = row === undefined ? 0 : column.integer(row, "version")
    if (version > schema.steps.length) {
      throw new DatabaseError(
        "newer-version",
        `The ${schema.role} database was written by a newer Starling (${version}); this one knows ${schema.steps.length}. Nothing was changed.`,
      )
    }
    for (const step of schema.steps.slice(version)) for (const sql of step) await db.query(sql)
    await db.query(
      "insert into schema_version (role, version) values ($1, $2) on conflict (role) do update set version = excluded.version",
      [schema.role, schema.steps.length],
    )
  })
}
