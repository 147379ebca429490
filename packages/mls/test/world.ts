import { utf8 } from "@starling/kernel"
import {
  createKeyPackage,
  generateSignatureKeyPair,
  type CiphersuiteId,
  type Credential,
  type Lifetime,
  type MlsContext,
  type OwnKeyPackage,
  type RandomSource,
  type SignatureKeyPair,
} from "@starling/mls"

import { providerOf } from "#platform"

/** Every suite that a provider exists for. */
export const SUITES = [1, 2, 3, 4, 5, 6, 7, 77] as const

/** Seconds since 1970, in the middle of every lifetime here. */
export const NOW = 1_800_000_000n
const LIFETIME = { notBefore: NOW - 1000n, notAfter: NOW + 1000n }

export interface Client {
  readonly credential: Credential
  readonly signatureKeys: SignatureKeyPair
  readonly lifetime: Lifetime
  readonly keyPackage: OwnKeyPackage
}

/** Bytes that follow from the seed alone. */
export function seededRandom(seed: string): RandomSource & { readonly drawn: number } {
  const crypto = providerOf(1)
  let counter = 0
  let drawn = 0
  return {
    get drawn() {
      return drawn
    },
    draw(length) {
      drawn += length
      return crypto.expand(crypto.hash(utf8(seed)), utf8(`${counter++}`), length)
    },
  }
}

/** Suite 1 if not told otherwise, seeded randomness, and an authentication service that trusts everybody. */
export function world(seed: string, suite: CiphersuiteId = 1): MlsContext {
  return { crypto: providerOf(suite), random: seededRandom(seed), authenticate: () => undefined }
}

export function client(
  mls: MlsContext,
  name: string,
  options: { readonly lifetime?: Lifetime; readonly supportedExtensions?: readonly number[] } = {},
): Client {
  const credential: Credential = { kind: "basic", identity: utf8(name) }
  const signatureKeys = generateSignatureKeyPair(mls)
  const { lifetime = LIFETIME } = options
  const keyPackage = createKeyPackage(mls, { ...options, credential, signatureKeys, lifetime })
  return { credential, signatureKeys, lifetime, keyPackage }
}
