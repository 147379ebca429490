import { createPrivateKey, createPublicKey, sign, type KeyObject } from "node:crypto"

import { osEntropy } from "@starling/entropy/node"
import { concat, wipe, type Bytes } from "@starling/kernel"

import { der } from "./der.ts"

/** What one side of a mutual TLS connection holds, in PEM. */
export interface Credentials {
  readonly certificate: string
  readonly key: string
  /** Who signs the other side's certificates. */
  readonly authority: string
}

const DAY = 24 * 3_600_000
/** Clocks of two machines may differ. */
const BACKDATED = DAY
const VALIDITY = 3650 * DAY

const ED25519 = der.sequence(der.identifier([0x2b, 0x65, 0x70]))
const COMMON_NAME = [0x55, 0x04, 0x03]
const BASIC_CONSTRAINTS = [0x55, 0x1d, 0x13]
const KEY_USAGE = [0x55, 0x1d, 0x0f]
const SUBJECT_ALT_NAME = [0x55, 0x1d, 0x11]
/** PKCS #8 (RFC 8410, 7) in front of the 32 bytes of an Ed25519 seed. */
const PKCS8_PREFIX = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20)

/**
 * Signs the certificates by which the embedded KMEs and their SAEs know each other: Ed25519, the name as common name. A
 * vendor's KME brings an authority of its own.
 */
export class CertificateAuthority {
  readonly #name: string
  readonly #key: KeyObject
  readonly #now: number
  /** Its own certificate, in PEM. */
  readonly certificate: string

  constructor(name: string, now: number) {
    this.#name = name
    this.#key = newKey()
    this.#now = now
    // keyCertSign is the sixth bit.
    const extensions = [
      extension(BASIC_CONSTRAINTS, der.sequence(der.boolean(true)), true),
      extension(KEY_USAGE, der.bits(Uint8Array.of(0x04), 2), true),
    ]
    this.certificate = pem("CERTIFICATE", this.#sign(name, this.#key, extensions))
  }

  /** For a server on this machine. */
  forServer(name: string): Credentials {
    const names = der.sequence(
      der.implicit(7, Uint8Array.of(127, 0, 0, 1)),
      der.implicit(2, new TextEncoder().encode("localhost")),
    )
    return this.#issue(name, [extension(SUBJECT_ALT_NAME, names, false)])
  }

  forClient(name: string): Credentials {
    return this.#issue(name, [])
  }

  #issue(name: string, more: readonly Bytes[]): Credentials {
    const key = newKey()
    const extensions = [extension(BASIC_CONSTRAINTS, der.sequence(), true), ...more]
    return {
      certificate: pem("CERTIFICATE", this.#sign(name, key, extensions)),
      key: key.export({ format: "pem", type: "pkcs8" }).toString(),
      authority: this.certificate,
    }
  }

  #sign(subject: string, key: KeyObject, extensions: readonly Bytes[]): Bytes {
    const serial = osEntropy(16)
    serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40
    const statement = der.sequence(
      der.explicit(0, der.integer(Uint8Array.of(2))),
      der.integer(serial),
      ED25519,
      distinguishedName(this.#name),
      der.sequence(der.time(new Date(this.#now - BACKDATED)), der.time(new Date(this.#now + VALIDITY))),
      distinguishedName(subject),
      new Uint8Array(createPublicKey(key).export({ format: "der", type: "spki" })),
      der.explicit(3, der.sequence(...extensions)),
    )
    return der.sequence(statement, ED25519, der.bits(new Uint8Array(sign(null, statement, this.#key))))
  }
}

function newKey(): KeyObject {
  const seed = osEntropy(32)
  const encoded = concat(PKCS8_PREFIX, seed)
  const key = createPrivateKey({ key: Buffer.from(encoded), format: "der", type: "pkcs8" })
  wipe(seed, encoded)
  return key
}

function distinguishedName(name: string): Bytes {
  return der.sequence(der.set(der.sequence(der.identifier(COMMON_NAME), der.text(name))))
}

function extension(identifier: readonly number[], value: Bytes, critical: boolean): Bytes {
  return der.sequence(der.identifier(identifier), ...(critical ? [der.boolean(true)] : []), der.octets(value))
}

function pem(label: string, bytes: Bytes): string {
  const lines = Buffer.from(bytes)
    .toString("base64")
    .replaceAll(/(.{64})/g, "$1\n")
    .trim()
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`
}
