import { DatabaseError, type Database, type Queries, type Row, type SqlValue } from "@starling/eaas"
import { Pool, type PoolClient } from "pg"

/** Of one process. Several processes may use one database: what must happen once is decided by its constraints. */
const CONNECTIONS = 8
const CONNECT_PATIENCE = 10_000

/** Settings without which a commit could be lost, and what they must not be. */
const DURABILITY = ["fsync", "full_page_writes", "synchronous_commit"] as const

/** PostgreSQL, reached by a URL. */
export class PostgresDatabase implements Database {
  readonly #pool: Pool

  private constructor(pool: Pool) {
    this.#pool = pool
  }

  /** Throws `DatabaseError` where the server can't be reached, or where its commits would not be durable. */
  static async open(url: string): Promise<PostgresDatabase> {
    const pool = new Pool({
      connectionString: url,
      max: CONNECTIONS,
      connectionTimeoutMillis: CONNECT_PATIENCE,
      application_name: "starling-eaas",
    })
    // An idle connection that breaks is replaced when the next one is needed; whoever needs it is told then.
    pool.on("error", () => {})
    try {
      await requireDurability(queriesOn(pool))
      return new PostgresDatabase(pool)
    } catch (error) {
      await pool.end()
      throw error
    }
  }

  async query(sql: string, parameters: readonly SqlValue[] = []): Promise<readonly Row[]> {
    return await queriesOn(this.#pool).query(sql, parameters)
  }

  async transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    const client = await connect(this.#pool)
    const queries = queriesOn(client)
    try {
      await queries.query("begin")
      const result = await work(queries)
      await queries.query("commit")
      client.release()
      return result
    } catch (error) {
      // Ends the transaction on the server, whatever state the connection is in.
      client.release(true)
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.end()
  }
}

function queriesOn(on: Pool | PoolClient): Queries {
  return {
    async query(sql, parameters = []) {
      try {
        const { rows } = await on.query<Row>(sql, parameters.map(parameterOf))
        return rows
      } catch (error) {
        throw failure(error)
      }
    },
  }
}

/** The driver takes bytes as `Buffer` only. */
function parameterOf(value: SqlValue): string | number | Buffer | null {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value
}

async function connect(pool: Pool): Promise<PoolClient> {
  try {
    return await pool.connect()
  } catch (error) {
    throw failure(error)
  }
}

/** A nullifier that a loss of power makes unspent could be taken twice: better no service. */
async function requireDurability(db: Queries): Promise<void> {
  for (const setting of DURABILITY) {
    const [row] = await db.query("select current_setting($1) as value", [setting])
    if (row?.["value"] === "off") {
      throw new DatabaseError(
        "io",
        `PostgreSQL runs with ${setting} = off: its commits are not durable. It is not used.`,
      )
    }
  }
}

/** The driver's messages name hosts and users, never passwords or parameters. */
function failure(error: unknown): DatabaseError {
  if (error instanceof DatabaseError) return error
  return new DatabaseError("io", `The database failed: ${error instanceof Error ? error.message : "unknown"}`, {
    cause: error,
  })
}
