import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { writeCredentials } from "@starling/eaas/node"
import type { Milliseconds } from "@starling/kernel"
import { z } from "zod"

import { CertificateAuthority, type Issued } from "./certificate-authority.ts"

const Entry = z.object({
  serial: z.string(),
  name: z.string(),
  kind: z.enum(["user", "server"]),
  issuedAt: z.number(),
  validUntil: z.number(),
  revokedAt: z.number().optional(),
})
const Register = z.object({ version: z.literal(1), certificates: z.array(Entry) })

export type IssuedEntry = z.infer<typeof Entry>

/** The command can't be done; the message is for the operator. */
export class AuthorityError extends Error {
  override readonly name = "AuthorityError"
}

export interface Order {
  readonly kind: IssuedEntry["kind"]
  readonly name: string
  readonly days: number
  /** Of a server: what it is reached by. */
  readonly hosts: readonly string[]
}

/**
 * An authority on disk: `ca.pem` and `crl.pem`, which servers get; `ca.key`, which stays; `issued.json`; and a folder for
 * each user and server, with what that one gets. Nothing is published before it is in `issued.json`.
 */
export class AuthorityFolder {
  readonly #folder: string
  readonly authority: CertificateAuthority

  private constructor(folder: string, authority: CertificateAuthority) {
    this.#folder = folder
    this.authority = authority
  }

  static isIn(folder: string): boolean {
    return existsSync(join(folder, "ca.key"))
  }

  /** Throws `AuthorityError` where there is one already. */
  static async create(folder: string, name: string, now: Milliseconds): Promise<AuthorityFolder> {
    if (AuthorityFolder.isIn(folder)) throw new AuthorityError(`There is an authority in ${folder} already.`)
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const authority = await CertificateAuthority.create(name, now)
    writeFileSync(join(folder, "ca.pem"), authority.certificate)
    writeFileSync(join(folder, "ca.key"), authority.exportKey(), { mode: 0o600 })
    const created = new AuthorityFolder(folder, authority)
    await created.#keep([], now)
    return created
  }

  static open(folder: string): AuthorityFolder {
    if (!AuthorityFolder.isIn(folder))
      throw new AuthorityError(`There is no authority in ${folder}. Make one with: starling-eaas ca init`)
    const read = (name: string): string => readFileSync(join(folder, name), "utf8")
    return new AuthorityFolder(folder, CertificateAuthority.open(read("ca.key"), read("ca.pem")))
  }

  list(): readonly IssuedEntry[] {
    return Register.parse(JSON.parse(readFileSync(join(this.#folder, "issued.json"), "utf8"))).certificates
  }

  /** Issues a certificate, beside those of the same name that are still good. Gives the folder of its files. */
  async issue(order: Order, now: Milliseconds): Promise<string> {
    const { kind, name } = order
    const issued = await this.#sign(order, now)
    const entry: IssuedEntry = { serial: issued.serial, name, kind, issuedAt: now, validUntil: issued.validUntil }
    await this.#keep([...this.list(), entry], now)
    const folder = join(this.#folder, `${kind}s`, encodeURIComponent(name))
    writeCredentials(folder, issued.credentials)
    return folder
  }

  /** Revokes all certificates of that name. Throws `AuthorityError` where none is good any more. */
  async revoke(kind: IssuedEntry["kind"], name: string, now: Milliseconds): Promise<void> {
    const entries = this.list()
    if (!entries.some((it) => isOf(it, kind, name) && it.revokedAt === undefined))
      throw new AuthorityError(`There is no certificate of the ${kind} ${name} that could be revoked.`)
    await this.#keep(
      entries.map((it) => (isOf(it, kind, name) ? { revokedAt: now, ...it } : it)),
      now,
    )
  }

  async #sign({ kind, name, days, hosts }: Order, now: Milliseconds): Promise<Issued> {
    switch (kind) {
      case "user":
        return await this.authority.forClient(name, now, days)
      case "server":
        return await this.authority.forServer(name, now, days, hosts)
    }
  }

  async #keep(certificates: readonly IssuedEntry[], now: Milliseconds): Promise<void> {
    const revoked = certificates.flatMap(({ serial, revokedAt }) =>
      revokedAt === undefined ? [] : [{ serial, at: revokedAt }],
    )
    replace(join(this.#folder, "issued.json"), `${JSON.stringify({ version: 1, certificates }, undefined, 2)}\n`)
    replace(join(this.#folder, "crl.pem"), await this.authority.revocations(revoked, now))
  }
}

function isOf(entry: IssuedEntry, kind: IssuedEntry["kind"], name: string): boolean {
  return entry.kind === kind && entry.name === name
}

/** Readers see the old file or the new one. */
function replace(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o644 })
  renameSync(`${path}.new`, path)
}
