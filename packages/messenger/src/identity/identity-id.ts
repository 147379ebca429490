import { concat, fromBase32, toBase32, utf8, type Bytes } from "@starling/kernel"
import type { CryptoProvider } from "@starling/mls"

/** Names a person: 52 characters of base32, the hash of the identity key. */
export type IdentityId = string

const LABEL = utf8("starling identity 1")

export function identityId(crypto: CryptoProvider, identityKey: Uint8Array): IdentityId {
  return toBase32(crypto.hash(concat(LABEL, identityKey)))
}

/** The 32 bytes that an id stands for. Throws `RangeError` where `id` is none. */
export function identityBytes(id: IdentityId): Bytes {
  const bytes = fromBase32(id)
  if (bytes?.length !== 32) throw new RangeError("an identity is 52 characters of base32")
  return bytes
}
