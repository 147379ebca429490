import type { Bytes } from "@starling/kernel"

export type SqlValue = string | number | Uint8Array | null

export type Row = Readonly<Record<string, unknown>>

/** Parameterised SQL, in what PostgreSQL and PGlite have in common. */
export interface Queries {
  /** One statement, `$1` to `$n` for the parameters. Throws `DatabaseError`. */
  query(sql: string, parameters?: readonly SqlValue[]): Promise<readonly Row[]>
}

export interface Database extends Queries, AsyncDisposable {
  /** All of the statements or none; durable, power loss included, when it resolves. */
  transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T>
}

/** The world failed: disk full, connection lost, written by a newer version, in use by another process. */
export class DatabaseError extends Error {
  override readonly name = "DatabaseError"
  readonly reason: "io" | "newer-version" | "locked"

  constructor(reason: DatabaseError["reason"], message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

/** Reads columns whose types our own schema fixes; another type is a defect. Drivers differ in how they give int8. */
export const column = {
  bytes(row: Row, name: string): Bytes {
    const value = row[name]
    if (!(value instanceof Uint8Array)) throw new TypeError(`column ${name} is no bytea`)
    return new Uint8Array(value)
  },

  integer(row: Row, name: string): number {
    const value = Number(row[name])
    if (!Number.isSafeInteger(value) || row[name] === null) throw new TypeError(`column ${name} is no integer`)
    return value
  },

  text(row: Row, name: string): string {
    const value = row[name]
    if (typeof value !== "string") throw new TypeError(`column ${name} is no text`)
    return value
  },

  isNull: (row: Row, name: string): boolean => row[name] === null,
}
