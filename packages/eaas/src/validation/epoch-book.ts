import { equalBytes, type Milliseconds } from "@starling/kernel"
import { decode } from "@starling/wire"
import { column, type Database, type Queries } from "../database.ts"
import type { Refusal } from "../frames/refusals.ts"
import { encodeEpochStatement, readStatement, type EpochStatement } from "../frames/sealed-epoch.ts"

/** What was counter-signed. Two different statements never share an epoch and revision. */
export class EpochBook {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async newestRevision(epoch: number): Promise<EpochStatement | undefined> {
    return await one(this.#database, "where epoch = $1 order by revision desc limit 1", [epoch])
  }

  async at(epoch: number, revision: number): Promise<EpochStatement | undefined> {
    return await one(this.#database, AT, [epoch, revision])
  }

  /**
   * Enters what `judge` has nothing against; it is given the newest statement. What stands there already is not judged
   * again, another statement of the same seal is refused. Processes that share the database do this one at a time, so
   * that they contradict each other no more than one does.
   */
  async enter(
    statement: EpochStatement,
    judge: (newest: EpochStatement | undefined) => Refusal | undefined,
  ): Promise<Refusal | undefined> {
    return await this.#database.transaction(async (db) => {
      await db.query("lock table sealed_epochs in exclusive mode")
      const kept = await one(db, AT, [statement.epoch, statement.revision])
      const bytes = encodeEpochStatement(statement)
      if (kept !== undefined) return equalBytes(encodeEpochStatement(kept), bytes) ? undefined : "not-next"
      const fault = judge(await one(db, "order by epoch desc, revision desc limit 1", []))
      if (fault !== undefined) return fault
      await db.query("insert into sealed_epochs (epoch, revision, statement, closes_at) values ($1, $2, $3, $4)", [
        statement.epoch,
        statement.revision,
        bytes,
        statement.closesAt,
      ])
      return undefined
    })
  }

  /** Writes down that a backup was put back: what was done between it and `time` is not known here. */
  async restored(time: Milliseconds): Promise<void> {
    await this.#database.query("insert into restored (complete_from) values ($1)", [time])
  }

  /** From when on everything is known here: since the last time that a backup was put back, or from the beginning. */
  async completeFrom(): Promise<Milliseconds> {
    const [row] = await this.#database.query("select coalesce(max(complete_from), 0) as time from restored")
    return row === undefined ? 0 : column.integer(row, "time")
  }

  /** Epochs that closed before `time`. */
  async closedBefore(time: Milliseconds): Promise<readonly number[]> {
    const rows = await this.#database.query("select distinct epoch from sealed_epochs where closes_at < $1", [time])
    return rows.map((row) => column.integer(row, "epoch"))
  }
}

const AT = "where epoch = $1 and revision = $2"

async function one(db: Queries, where: string, parameters: readonly number[]): Promise<EpochStatement | undefined> {
  const [row] = await db.query(`select statement from sealed_epochs ${where}`, parameters)
  if (row === undefined) return undefined
  const decoded = decode(column.bytes(row, "statement"), readStatement)
  if (decoded.kind === "malformed") throw new TypeError(`a stored epoch is malformed: ${decoded.why}`)
  return decoded.value
}
