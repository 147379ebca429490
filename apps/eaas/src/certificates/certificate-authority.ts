import { createPrivateKey, createPublicKey, X509Certificate as NodeCertificate, type KeyObject } from "node:crypto"
import { isIP } from "node:net"

import type { Credentials } from "@starling/eaas/node"
import { osEntropy } from "@starling/entropy/node"
import { concat, toHex, wipe, type Milliseconds } from "@starling/kernel"

import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  X509CrlGenerator,
} from "./x509.ts"

const ALGORITHM = { name: "Ed25519" }
const DAY = 24 * 3_600_000
/** Clocks of two machines may differ. */
const BACKDATED = DAY
const AUTHORITY_VALIDITY = 3650 * DAY
/** PKCS #8 (RFC 8410, 7) in front of the 32 bytes of an Ed25519 seed. */
const PKCS8_PREFIX = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20)

export interface Issued {
  /** In hexadecimal. */
  readonly serial: string
  readonly validUntil: Milliseconds
  readonly credentials: Credentials
}

export interface Revocation {
  readonly serial: string
  readonly at: Milliseconds
}

/** Signs certificates by which servers and their users know each other: Ed25519 (RFC 8410), the name as common name. */
export class CertificateAuthority {
  readonly #key: KeyObject
  /** Its own certificate, in PEM. */
  readonly certificate: string

  private constructor(key: KeyObject, certificate: string) {
    this.#key = key
    this.certificate = certificate
  }

  static async create(name: string, now: Milliseconds): Promise<CertificateAuthority> {
    const key = newKey()
    const certificate = await X509CertificateGenerator.createSelfSigned({
      serialNumber: newSerial(),
      name: distinguished(name),
      notBefore: new Date(now - BACKDATED),
      notAfter: new Date(now + AUTHORITY_VALIDITY),
      signingAlgorithm: ALGORITHM,
      keys: { privateKey: await signingKeyOf(key), publicKey: await verifyingKeyOf(key) },
      extensions: [
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      ],
    })
    return new CertificateAuthority(key, `${certificate.toString("pem")}\n`)
  }

  /** One that was made before; both in PEM. Throws where the two don't belong together. */
  static open(key: string, certificate: string): CertificateAuthority {
    const opened = createPrivateKey(key)
    if (!new NodeCertificate(certificate).checkPrivateKey(opened))
      throw new TypeError("the authority's key is not that of its certificate")
    return new CertificateAuthority(opened, certificate)
  }

  /** In PEM. */
  exportKey(): string {
    return pemOf(this.#key)
  }

  /** For a server that is reached by these host names or addresses. */
  async forServer(
    name: string,
    now: Milliseconds,
    days = 3650,
    hosts: readonly string[] = ["127.0.0.1", "localhost"],
  ): Promise<Issued> {
    const names = hosts.map((value) => ({ type: isIP(value) === 0 ? ("dns" as const) : ("ip" as const), value }))
    return await this.#issue(name, now, days, [
      new SubjectAlternativeNameExtension(names),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
    ])
  }

  async forClient(name: string, now: Milliseconds, days = 3650): Promise<Issued> {
    return await this.#issue(name, now, days, [new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth])])
  }

  /** The list of revoked certificates (RFC 5280, 5), in PEM. */
  async revocations(revoked: readonly Revocation[], now: Milliseconds): Promise<string> {
    const list = await X509CrlGenerator.create({
      issuer: this.#issuer,
      thisUpdate: new Date(now),
      nextUpdate: new Date(now + AUTHORITY_VALIDITY),
      signingAlgorithm: ALGORITHM,
      signingKey: await signingKeyOf(this.#key),
      entries: revoked.map(({ serial, at }) => ({ serialNumber: serial, revocationDate: new Date(at) })),
    })
    return `${list.toString("pem")}\n`
  }

  get #issuer(): string {
    return distinguished(commonNameOf(this.certificate) ?? "")
  }

  async #issue(
    name: string,
    now: Milliseconds,
    days: number,
    more: readonly (SubjectAlternativeNameExtension | ExtendedKeyUsageExtension)[],
  ): Promise<Issued> {
    const key = newKey()
    const serial = newSerial()
    const validUntil = now + days * DAY
    const certificate = await X509CertificateGenerator.create({
      serialNumber: serial,
      issuer: this.#issuer,
      subject: distinguished(name),
      notBefore: new Date(now - BACKDATED),
      notAfter: new Date(validUntil),
      signingAlgorithm: ALGORITHM,
      signingKey: await signingKeyOf(this.#key),
      publicKey: await verifyingKeyOf(key),
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        ...more,
      ],
    })
    const credentials = {
      certificate: `${certificate.toString("pem")}\n`,
      key: pemOf(key),
      authority: this.certificate,
    }
    return { serial, validUntil, credentials }
  }
}

/** The name that a certificate in PEM is for, or `undefined` where it has none, or several. */
export function commonNameOf(certificate: string): string | undefined {
  const { subject } = new NodeCertificate(certificate).toLegacyObject()
  return typeof subject.CN === "string" && subject.CN !== "" ? subject.CN : undefined
}

/** Made of a seed, as every key of ours is: randomness comes from one place. */
function newKey(): KeyObject {
  const seed = osEntropy(32)
  const encoded = concat(PKCS8_PREFIX, seed)
  const key = createPrivateKey({ key: Buffer.from(encoded), format: "der", type: "pkcs8" })
  wipe(seed, encoded)
  return key
}

/** 126 bits, positive, without a leading zero (RFC 5280, 4.1.2.2). */
function newSerial(): string {
  const serial = osEntropy(16)
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40
  return toHex(serial)
}

/** The same key, as the library takes it. */
async function signingKeyOf(key: KeyObject): Promise<CryptoKey> {
  const encoded = new Uint8Array(key.export({ format: "der", type: "pkcs8" }))
  return await crypto.subtle.importKey("pkcs8", encoded, ALGORITHM, false, ["sign"])
}

async function verifyingKeyOf(key: KeyObject): Promise<CryptoKey> {
  const encoded = new Uint8Array(createPublicKey(key).export({ format: "der", type: "spki" }))
  return await crypto.subtle.importKey("spki", encoded, ALGORITHM, true, ["verify"])
}

function pemOf(key: KeyObject): string {
  return key.export({ format: "pem", type: "pkcs8" }).toString()
}

function distinguished(name: string): string {
  return new Name([{ CN: [{ utf8String: name }] }]).toString()
}
