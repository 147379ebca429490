import { readFileSync, statSync } from "node:fs"

import { X509Certificate, X509Crl } from "./x509.ts"

/** A list of revoked certificates in a file that the authority's operator replaces: read anew whenever it has changed. */
export class RevocationList {
  readonly #path: string
  readonly #authority: X509Certificate
  #read: { readonly stamp: string; readonly serials: ReadonlySet<string> } | undefined

  /** `authority` is the certificate, in PEM, of who signs the list. */
  constructor(path: string, authority: string) {
    this.#path = path
    this.#authority = new X509Certificate(authority)
  }

  /** Serials in lower-case hexadecimal. Throws where the file can't be read or is not signed by the authority. */
  async serials(): Promise<ReadonlySet<string>> {
    const { mtimeMs, size, ino } = statSync(this.#path)
    const stamp = `${mtimeMs} ${size} ${ino}`
    if (this.#read?.stamp === stamp) return this.#read.serials
    const list = new X509Crl(readFileSync(this.#path, "utf8"))
    if (!(await list.verify({ publicKey: this.#authority }).catch(() => false)))
      throw new TypeError(`${this.#path} is not signed by the users' authority`)
    this.#read = { stamp, serials: new Set(list.entries.map(({ serialNumber }) => canonicalSerial(serialNumber))) }
    return this.#read.serials
  }
}

/** The one way of writing a serial here; TLS and the list each have their own. */
export function canonicalSerial(serial: string): string {
  return serial.toLowerCase().replace(/^(?:00)+(?=..)/, "")
}
