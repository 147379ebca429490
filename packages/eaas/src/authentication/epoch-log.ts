import type { Bytes } from "@starling/kernel"
import { decode } from "@starling/wire"
import { column, type Database, type Row } from "../database.ts"
import { encodeEpochStatement, readStatement, type EpochStatement, type SealedEpoch } from "../frames/sealed-epoch.ts"

/** An epoch that is written and signed by the AS, and perhaps not counter-signed yet. */
export interface DraftEpoch {
  readonly statement: EpochStatement
  readonly authenticationSignature: Bytes
  /** A leaf list frame. */
  readonly leaves: Bytes
}

/** All epochs ever sealed. Nothing in it is changed once the PVS has signed. */
export class EpochLog {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** The newest that both have signed. */
  async newest(): Promise<SealedEpoch | undefined> {
    const [row] = await this.#database.query(
      "select statement, authentication_signature, validation_signature from epochs where validation_signature is not null order by epoch desc, revision desc limit 1",
    )
    return row && { ...draftOf(row), validationSignature: column.bytes(row, "validation_signature") }
  }

  /** What was written and never counter-signed, because one of the two stopped in between. */
  async pending(): Promise<DraftEpoch | undefined> {
    const [row] = await this.#database.query(
      "select statement, authentication_signature, leaves from epochs where validation_signature is null",
    )
    if (row === undefined) return undefined
    const { authenticationSignature, ...statement } = draftOf(row)
    return { statement, authenticationSignature, leaves: column.bytes(row, "leaves") }
  }

  async leaves(epoch: number, revision: number): Promise<Bytes | undefined> {
    const [row] = await this.#database.query(
      "select leaves from epochs where epoch = $1 and revision = $2 and validation_signature is not null",
      [epoch, revision],
    )
    return row && column.bytes(row, "leaves")
  }

  async write(draft: DraftEpoch): Promise<void> {
    const { statement, authenticationSignature, leaves } = draft
    await this.#database.query(
      "insert into epochs (epoch, revision, statement, authentication_signature, leaves) values ($1, $2, $3, $4, $5)",
      [statement.epoch, statement.revision, encodeEpochStatement(statement), authenticationSignature, leaves],
    )
  }

  async publish(statement: EpochStatement, validationSignature: Bytes): Promise<void> {
    await this.#database.query("update epochs set validation_signature = $1 where epoch = $2 and revision = $3", [
      validationSignature,
      statement.epoch,
      statement.revision,
    ])
  }

  /** Takes back a draft that the PVS refused. */
  async withdraw(statement: EpochStatement): Promise<void> {
    await this.#database.query(
      "delete from epochs where epoch = $1 and revision = $2 and validation_signature is null",
      [statement.epoch, statement.revision],
    )
  }
}

function draftOf(row: Row): EpochStatement & { readonly authenticationSignature: Bytes } {
  const decoded = decode(column.bytes(row, "statement"), readStatement)
  if (decoded.kind === "malformed") throw new TypeError(`a stored epoch is malformed: ${decoded.why}`)
  return { ...decoded.value, authenticationSignature: column.bytes(row, "authentication_signature") }
}
