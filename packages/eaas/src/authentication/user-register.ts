import type { Bytes } from "@starling/kernel"
import { FieldElement, leafOf, MAX_QUOTA } from "@starling/proof"
import { digest } from "../binding.ts"
import { column, type Database } from "../database.ts"
import type { Refusal } from "../frames/refusals.ts"

export interface User {
  readonly name: string
  /** Requests per epoch. */
  readonly quota: number
  readonly registered: boolean
}

export type Enrolment =
  | { readonly kind: "registered"; readonly quota: number }
  | { readonly kind: "refused"; readonly reason: Refusal }

const MAX_NAME_BYTES = 128

/** Who may register, with what quota, and the one commitment that each of them has registered. */
export class UserRegister {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** `enrolment` is the secret of the user's one-time code; only its digest is kept. `false` where the name is taken. */
  async add(name: string, quota: number, enrolment: Uint8Array): Promise<boolean> {
    if (name === "" || new TextEncoder().encode(name).length > MAX_NAME_BYTES)
      throw new RangeError("a user's name has 1 to 128 bytes")
    if (!Number.isInteger(quota) || quota < 1 || quota > MAX_QUOTA)
      throw new RangeError(`a quota is an integer from 1 to ${MAX_QUOTA}`)
    const added = await this.#database.query(
      "insert into users (name, enrolment_digest, quota) values ($1, $2, $3) on conflict (name) do nothing returning name",
      [name, digest(enrolment), quota],
    )
    return added.length === 1
  }

  /** Replaces a user's code; what the user has registered stays. `false` where there is no such user. */
  async renew(name: string, enrolment: Uint8Array): Promise<boolean> {
    const renewed = await this.#database.query(
      "update users set enrolment_digest = $1 where name = $2 returning name",
      [digest(enrolment), name],
    )
    return renewed.length === 1
  }

  async list(): Promise<readonly User[]> {
    const rows = await this.#database.query("select name, quota, commitment from users order by name")
    return rows.map((row) => ({
      name: column.text(row, "name"),
      quota: column.integer(row, "quota"),
      registered: !column.isNull(row, "commitment"),
    }))
  }

  /** Binds the code's user to `commitment` for good. The same commitment again gives the same answer. */
  async register(enrolment: Uint8Array, commitment: FieldElement): Promise<Enrolment> {
    const bytes = FieldElement.toBytes(commitment)
    return await this.#database.transaction(async (db): Promise<Enrolment> => {
      const [user] = await db.query(
        "select name, quota, commitment from users where enrolment_digest = $1 for update",
        [digest(enrolment)],
      )
      if (user === undefined) return { kind: "refused", reason: "unknown-code" }
      const quota = column.integer(user, "quota")
      const [holder] = await db.query("select name from users where commitment = $1", [bytes])
      if (holder !== undefined) {
        const own = column.text(holder, "name") === column.text(user, "name")
        return own ? { kind: "registered", quota } : { kind: "refused", reason: "commitment-taken" }
      }
      if (!column.isNull(user, "commitment")) return { kind: "refused", reason: "already-registered" }
      await db.query("update users set commitment = $1 where name = $2", [bytes, column.text(user, "name")])
      return { kind: "registered", quota }
    })
  }

  /** The leaves of all registered users, in the order of their values, which tells nothing of who came when. */
  async leaves(): Promise<readonly FieldElement[]> {
    const rows = await this.#database.query("select quota, commitment from users where commitment is not null")
    return rows
      .map((row) => leafOf(storedField(column.bytes(row, "commitment")), column.integer(row, "quota")))
      .toSorted((a, b) => (a < b ? -1 : 1))
  }
}

function storedField(bytes: Bytes): FieldElement {
  const decoded = FieldElement.fromBytes(bytes)
  if (decoded.kind === "malformed") throw new TypeError(`a stored commitment is ${decoded.why}`)
  return decoded.value
}
