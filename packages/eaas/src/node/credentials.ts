import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

/** What one side of a mutual TLS connection holds, in PEM. */
export interface Credentials {
  readonly certificate: string
  readonly key: string
  /** Who signs the other side's certificates. */
  readonly authority: string
}

const FILES = { authority: "ca.pem", certificate: "cert.pem", key: "key.pem" } as const

/** From a folder with `ca.pem`, `cert.pem` and `key.pem`. Throws what the file system throws. */
export function readCredentials(folder: string): Credentials {
  const read = (name: string): string => readFileSync(join(folder, name), "utf8")
  return {
    authority: read(FILES.authority),
    certificate: read(FILES.certificate),
    key: read(FILES.key),
  }
}

/** The folder that `readCredentials` reads; private to its owner. */
export function writeCredentials(folder: string, { authority, certificate, key }: Credentials): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text, { mode: 0o600 })
  write(FILES.authority, authority)
  write(FILES.certificate, certificate)
  write(FILES.key, key)
}
