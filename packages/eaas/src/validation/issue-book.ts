import { equalBytes, type Bytes } from "@starling/kernel"
import { FieldElement } from "@starling/proof"
import { column, type Database, type Queries } from "../database.ts"

/** What is known of a nullifier: nothing, spent for this very request (with the answer it got), or for another one. */
export type Spending =
  | { readonly kind: "unspent" }
  | { readonly kind: "same-request"; readonly answer: Bytes }
  | { readonly kind: "other-request" }

export interface Spender {
  readonly epoch: number
  readonly nullifier: FieldElement
  readonly context: FieldElement
}

/** Spent nullifiers and what each was spent for. Its primary key is what makes one request worth one key. */
export class IssueBook {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async look(spender: Spender): Promise<Spending> {
    return await look(this.#database, spender)
  }

  /**
   * Spends the nullifier for this answer, durably, and returns the answer that may leave: this one, or, where another
   * request with the same nullifier and context was faster, the one which that got.
   */
  async issue(
    spender: Spender,
    answer: Uint8Array,
  ): Promise<{ readonly kind: "issued"; readonly answer: Bytes } | Exclude<Spending, { kind: "unspent" }>> {
    return await this.#database.transaction(async (db) => {
      const inserted = await db.query(
        "insert into issues (epoch, nullifier, context, answer) values ($1, $2, $3, $4) on conflict (epoch, nullifier) do nothing returning epoch",
        [spender.epoch, FieldElement.toBytes(spender.nullifier), FieldElement.toBytes(spender.context), answer],
      )
      if (inserted.length === 1) return { kind: "issued", answer: new Uint8Array(answer) }
      const spending = await look(db, spender)
      if (spending.kind === "unspent") throw new Error("a nullifier conflicts with one that is not there")
      return spending
    })
  }

  /** Forgets an epoch whose requests are refused by its age alone. */
  async forget(epoch: number): Promise<void> {
    await this.#database.query("delete from issues where epoch = $1", [epoch])
  }
}

async function look(db: Queries, spender: Spender): Promise<Spending> {
  const [row] = await db.query("select context, answer from issues where epoch = $1 and nullifier = $2", [
    spender.epoch,
    FieldElement.toBytes(spender.nullifier),
  ])
  if (row === undefined) return { kind: "unspent" }
  const same = equalBytes(column.bytes(row, "context"), FieldElement.toBytes(spender.context))
  return same ? { kind: "same-request", answer: column.bytes(row, "answer") } : { kind: "other-request" }
}
