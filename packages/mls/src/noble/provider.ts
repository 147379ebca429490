import { gcm } from "@noble/ciphers/aes.js"
import { chacha20poly1305 } from "@noble/ciphers/chacha.js"
import { sha256, sha384, sha512 } from "@noble/hashes/sha2.js"

import { CIPHERSUITES, type Cipher, type Ciphersuite, type CiphersuiteId } from "../ciphersuite.ts"
import type { Aead, CryptoProvider } from "../crypto-provider.ts"
import { dhKem } from "../dhkem.ts"
import { hkdf } from "../hkdf.ts"
import { xWing } from "../x-wing.ts"
import { NOBLE_DH } from "./dh.ts"
import { NOBLE_ML_KEM } from "./ml-kem.ts"
import { NOBLE_SIGNATURES } from "./signature.ts"

const HASHES = { sha256, sha384, sha512 } as const

const made = new Map<CiphersuiteId, CryptoProvider>()

/**
 * The primitives of a suite in JavaScript, by @noble/*: for browsers, whose own are asynchronous, and for wherever Node
 * is not. Same bytes and same verdicts as `nodeCrypto`, slower by one to two orders of magnitude. Draws nothing from
 * the platform.
 */
export function nobleCrypto(id: CiphersuiteId): CryptoProvider {
  const known = made.get(id)
  if (known !== undefined) return known
  const provider = make(CIPHERSUITES[id])
  made.set(id, provider)
  return provider
}

function make(suite: Ciphersuite): CryptoProvider {
  const hash = HASHES[suite.hashName]
  const kdf = hkdf(hash, suite.blockLength, suite.hashLength)
  return {
    ...kdf,
    suite,
    primitives: "@noble",
    kem:
      suite.keyExchange === "X-Wing"
        ? xWing(NOBLE_ML_KEM, NOBLE_DH.X25519)
        : dhKem(NOBLE_DH[suite.keyExchange], kdf, suite.hashLength),
    aead: aead(suite.cipher),
    signature: NOBLE_SIGNATURES[suite.signatureScheme],
    hash: (data) => hash(data),
  }
}

/** An AEAD of RFC 9180, 7.3. */
function aead(cipher: Cipher): Aead {
  const start = cipher === "chacha20-poly1305" ? chacha20poly1305 : gcm
  return {
    seal: (key, nonce, associatedData, plaintext) => start(key, nonce, associatedData).encrypt(plaintext),
    open(key, nonce, associatedData, ciphertext) {
      const opening = start(key, nonce, associatedData)
      try {
        return opening.decrypt(ciphertext)
      } catch {
        return undefined // @noble/ciphers' way to say that the tag is wrong
      }
    },
  }
}
