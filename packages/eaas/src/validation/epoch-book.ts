import { equalBytes, type Milliseconds } from "@starling/kernel"
import { decode } from "@starling/wire"
import { column, type Database } from "../database.ts"
import { encodeEpochStatement, readStatement, type EpochStatement } from "../frames/sealed-epoch.ts"

/** What was counter-signed. Two different statements never share an epoch and revision. */
export class EpochBook {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async newest(): Promise<EpochStatement | undefined> {
    return await this.#one("order by epoch desc, revision desc limit 1", [])
  }

  async newestRevision(epoch: number): Promise<EpochStatement | undefined> {
    return await this.#one("where epoch = $1 order by revision desc limit 1", [epoch])
  }

  async at(epoch: number, revision: number): Promise<EpochStatement | undefined> {
    return await this.#one("where epoch = $1 and revision = $2", [epoch, revision])
  }

  /** `false` where another statement stands there already. */
  async enter(statement: EpochStatement): Promise<boolean> {
    await this.#database.query(
      "insert into sealed_epochs (epoch, revision, statement, closes_at) values ($1, $2, $3, $4) on conflict (epoch, revision) do nothing",
      [statement.epoch, statement.revision, encodeEpochStatement(statement), statement.closesAt],
    )
    const kept = await this.at(statement.epoch, statement.revision)
    return kept !== undefined && equalBytes(encodeEpochStatement(kept), encodeEpochStatement(statement))
  }

  /** Epochs that closed before `time`. */
  async closedBefore(time: Milliseconds): Promise<readonly number[]> {
    const rows = await this.#database.query("select distinct epoch from sealed_epochs where closes_at < $1", [time])
    return rows.map((row) => column.integer(row, "epoch"))
  }

  async #one(where: string, parameters: readonly number[]): Promise<EpochStatement | undefined> {
    const [row] = await this.#database.query(`select statement from sealed_epochs ${where}`, parameters)
    if (row === undefined) return undefined
    const decoded = decode(column.bytes(row, "statement"), readStatement)
    if (decoded.kind === "malformed") throw new TypeError(`a stored epoch is malformed: ${decoded.why}`)
    return decoded.value
  }
}
