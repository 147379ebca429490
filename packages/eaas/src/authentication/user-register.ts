import type { Bytes, Milliseconds } from "@starling/kernel"
import { FieldElement, leafOf, MAX_QUOTA } from "@starling/proof"
import { digest } from "../binding.ts"
import { column, type Database, type Queries, type Row, type SqlValue } from "../database.ts"
import type { Refusal } from "../frames/refusals.ts"

export interface User {
  readonly name: string
  /** Requests per epoch. */
  readonly quota: number
  readonly registered: boolean
  /** How the user shows who it is. */
  readonly by: "code" | "certificate"
  /** Epochs that open later are without this user: by the operator's word or the certificate's. `undefined` where there is no end. */
  readonly validUntil: Milliseconds | undefined
  /** By the operator. */
  readonly withdrawn: boolean
}

export type Enrolment =
  | { readonly kind: "registered"; readonly quota: number }
  | { readonly kind: "refused"; readonly reason: Refusal }

/** A user as a certificate says it, which somebody else has checked. */
export interface CertifiedUser {
  /** The certificate's common name. */
  readonly name: string
  /** In hexadecimal, as the list of revoked certificates has it. */
  readonly serial: string
  readonly validUntil: Milliseconds
}

/** Where the register stands in time when somebody registers. */
export interface Moment {
  readonly now: Milliseconds
  /** The first epoch that a new commitment counts in. */
  readonly activeFrom: number
}

const MAX_NAME_BYTES = 128

/** Who may register, under what terms, and the one commitment that each of them has registered. */
export class UserRegister {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** `enrolment` is the secret of the user's one-time code; only its digest is kept. `false` where the name is taken. */
  async add(name: string, quota: number, enrolment: Uint8Array): Promise<boolean> {
    requireName(name)
    requireQuota(quota)
    const added = await this.#database.query(
      "insert into users (name, enrolment_digest, quota) values ($1, $2, $3) on conflict (name) do nothing returning name",
      [name, digest(enrolment), quota],
    )
    return added.length === 1
  }

  /** Replaces a user's code; what the user has registered stays. `false` where there is no such user. */
  async renew(name: string, enrolment: Uint8Array): Promise<boolean> {
    return await this.#change("set enrolment_digest = $2 where name = $1", [name, digest(enrolment)])
  }

  /** Out of every epoch that is sealed from here on, and of no registration. `false` where there is no such user. */
  async withdraw(name: string): Promise<boolean> {
    return await this.#change("set withdrawn = true where name = $1", [name])
  }

  /** Takes a withdrawal back. */
  async restore(name: string): Promise<boolean> {
    return await this.#change("set withdrawn = false where name = $1", [name])
  }

  async limit(name: string, validUntil: Milliseconds): Promise<boolean> {
    return await this.#change("set valid_until = $2 where name = $1", [name, validUntil])
  }

  /**
   * Frees a user for another commitment, which counts from `activeFrom` on: in an epoch that the former one was in, two of
   * them would be two quotas.
   */
  async free(name: string, activeFrom: number): Promise<boolean> {
    return await this.#change(
      "set commitment = null, certificate = null, certificate_until = null, active_from = greatest(active_from, $2) where name = $1",
      [name, activeFrom],
    )
  }

  /** Ends the access of whoever registered by one of these certificates, until another takes its place; gives how many that were. */
  async revokeCertificates(serials: readonly string[]): Promise<number> {
    let ended = 0
    for (const serial of serials)
      if (await this.#change("set certificate_until = 0 where certificate = $1 and certificate_until > 0", [serial]))
        ended++
    return ended
  }

  async list(): Promise<readonly User[]> {
    const rows = await this.#database.query("select * from users order by name")
    return rows.map((row) => ({
      name: column.text(row, "name"),
      quota: column.integer(row, "quota"),
      registered: !column.isNull(row, "commitment"),
      by: column.isNull(row, "enrolment_digest") ? "certificate" : "code",
      validUntil: earliest(timeIn(row, "valid_until"), timeIn(row, "certificate_until")),
      withdrawn: row["withdrawn"] === true,
    }))
  }

  /** Binds the code's user to `commitment`. The same commitment again gives the same answer. */
  async register(enrolment: Uint8Array, commitment: FieldElement, moment: Moment): Promise<Enrolment> {
    return await this.#database.transaction(async (db): Promise<Enrolment> => {
      const [user] = await db.query("select * from users where enrolment_digest = $1 for update", [digest(enrolment)])
      return user === undefined ? refused("unknown-code") : await bind(db, user, commitment, moment)
    })
  }

  /**
   * Binds the certificate's user to `commitment`; who is not known yet becomes a user with `quota`. Another certificate of
   * the same user takes the place of the former one, and its end is the user's.
   */
  async registerCertified(
    user: CertifiedUser,
    commitment: FieldElement,
    quota: number,
    moment: Moment,
  ): Promise<Enrolment> {
    requireName(user.name)
    requireQuota(quota)
    return await this.#database.transaction(async (db): Promise<Enrolment> => {
      await db.query("insert into users (name, quota) values ($1, $2) on conflict (name) do nothing", [
        user.name,
        quota,
      ])
      const [row] = await db.query("select * from users where name = $1 for update", [user.name])
      if (row === undefined) throw new Error("a user that was just entered is not there")
      const outcome = await bind(db, row, commitment, moment)
      if (outcome.kind === "registered") {
        await db.query("update users set certificate = $2, certificate_until = $3 where name = $1", [
          user.name,
          user.serial,
          user.validUntil,
        ])
      }
      return outcome
    })
  }

  /** The leaves of an epoch's members, in the order of their values, which tells nothing of who came when. */
  async leaves(epoch: number, opensAt: Milliseconds): Promise<readonly FieldElement[]> {
    const rows = await this.#database.query(
      `select quota, commitment from users where commitment is not null and not withdrawn and active_from <= $1
         and (valid_until is null or valid_until > $2) and (certificate_until is null or certificate_until > $2)`,
      [epoch, opensAt],
    )
    return rows
      .map((row) => leafOf(storedField(column.bytes(row, "commitment")), column.integer(row, "quota")))
      .toSorted((a, b) => (a < b ? -1 : 1))
  }

  async #change(change: string, parameters: readonly SqlValue[]): Promise<boolean> {
    const changed = await this.#database.query(`update users ${change} returning name`, parameters)
    return changed.length > 0
  }
}

async function bind(db: Queries, user: Row, commitment: FieldElement, { now, activeFrom }: Moment): Promise<Enrolment> {
  if (user["withdrawn"] === true) return refused("access-withdrawn")
  const validUntil = timeIn(user, "valid_until")
  if (validUntil !== undefined && validUntil <= now) return refused("access-expired")
  const [name, quota] = [column.text(user, "name"), column.integer(user, "quota")]
  const bytes = FieldElement.toBytes(commitment)
  const [holder] = await db.query("select name from users where commitment = $1", [bytes])
  if (holder !== undefined)
    return column.text(holder, "name") === name ? { kind: "registered", quota } : refused("commitment-taken")
  if (!column.isNull(user, "commitment")) return refused("already-registered")
  await db.query("update users set commitment = $1, active_from = greatest(active_from, $2) where name = $3", [
    bytes,
    activeFrom,
    name,
  ])
  return { kind: "registered", quota }
}

function refused(reason: Refusal): Enrolment {
  return { kind: "refused", reason }
}

function timeIn(row: Row, name: string): Milliseconds | undefined {
  return column.isNull(row, name) ? undefined : column.integer(row, name)
}

function earliest(...times: readonly (Milliseconds | undefined)[]): Milliseconds | undefined {
  const known = times.filter((time) => time !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}

function requireName(name: string): void {
  if (name === "" || new TextEncoder().encode(name).length > MAX_NAME_BYTES)
    throw new RangeError("a user's name has 1 to 128 bytes")
}

function requireQuota(quota: number): void {
  if (!Number.isInteger(quota) || quota < 1 || quota > MAX_QUOTA)
    throw new RangeError(`a quota is an integer from 1 to ${MAX_QUOTA}`)
}

function storedField(bytes: Bytes): FieldElement {
  const decoded = FieldElement.fromBytes(bytes)
  if (decoded.kind === "malformed") throw new TypeError(`a stored commitment is ${decoded.why}`)
  return decoded.value
}
