import { hash } from "node:crypto"

import { CIPHERSUITES, type CiphersuiteId } from "../ciphersuite.ts"
import type { CryptoProvider } from "../crypto-provider.ts"
import { dhKem } from "../dhkem.ts"
import { aead } from "./aead.ts"
import { NODE_DH } from "./dh.ts"
import { hkdf } from "./hkdf.ts"
import { NODE_SIGNATURES } from "./signature.ts"

/** The primitives of a suite from `node:crypto`, all of it synchronous. Draws nothing from the platform. */
export function nodeCrypto(id: CiphersuiteId): CryptoProvider {
  const suite = CIPHERSUITES[id]
  const kdf = hkdf(suite.hashName, suite.hashLength)
  return {
    ...kdf,
    suite,
    kem: dhKem(NODE_DH[suite.keyExchange], kdf, suite.hashLength),
    aead: aead(suite.cipher),
    signature: NODE_SIGNATURES[suite.signatureScheme],
    hash: (data) => new Uint8Array(hash(suite.hashName, data, "buffer")),
  }
}
