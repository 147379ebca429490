import { hash } from "node:crypto"

import { CIPHERSUITES, type CiphersuiteId } from "../ciphersuite.ts"
import type { Aead, CryptoProvider } from "../crypto-provider.ts"
import { dhKem } from "../dhkem.ts"
import { aead } from "./aead.ts"
import { Ed25519 } from "./ed25519.ts"
import { hkdf } from "./hkdf.ts"
import { X25519 } from "./x25519.ts"

const AEADS: Readonly<Record<CiphersuiteId, Aead>> = { 1: aead("aes-128-gcm"), 3: aead("chacha20-poly1305") }

/** The primitives of a suite from `node:crypto`, all of it synchronous. Draws nothing from the platform. */
export function nodeCrypto(id: CiphersuiteId): CryptoProvider {
  const suite = CIPHERSUITES[id]
  const kdf = hkdf("sha256", suite.hashLength)
  return {
    ...kdf,
    suite,
    kem: dhKem(X25519, kdf, suite.hashLength),
    aead: AEADS[id],
    signature: Ed25519,
    hash: (data) => new Uint8Array(hash("sha256", data, "buffer")),
  }
}
