import { hash } from "node:crypto"

import { CIPHERSUITES, type Ciphersuite, type CiphersuiteId } from "../ciphersuite.ts"
import type { Aead, CryptoProvider, Kdf, Kem, Signature } from "../crypto-provider.ts"
import { dhKem } from "../dhkem.ts"
import { hkdf } from "../hkdf.ts"
import { NOBLE_ML_KEM } from "../noble/ml-kem.ts"
import { xWing } from "../x-wing.ts"
import { aead } from "./aead.ts"
import { NODE_DH } from "./dh.ts"
import { nodeMlKem } from "./ml-kem.ts"
import { NODE_SIGNATURES } from "./signature.ts"
import { sodiumChaCha20Poly1305, sodiumEd25519, sodiumX25519 } from "./sodium-primitives.ts"
import { sodium, type Sodium } from "./sodium.ts"

export interface NodeCryptoOptions {
  /** Whether sodium-native does what it does faster, where it loads. `true` unless said otherwise. */
  readonly sodium?: boolean
}

const made = new Map<string, CryptoProvider>()

/**
 * The primitives of a suite on Node, all of it synchronous: X25519, Ed25519 and ChaCha20-Poly1305 from sodium-native where
 * it loads, the rest from `node:crypto`, and from @noble/* what that would draw randomness for (ECDSA nonces, ML-KEM
 * encapsulation). The bytes and the verdicts are the same either way. Draws nothing from the platform.
 */
export function nodeCrypto(id: CiphersuiteId, options: NodeCryptoOptions = {}): CryptoProvider {
  const native = (options.sodium ?? true) ? sodium : undefined
  const name = `${id} ${native === undefined ? "node" : "sodium"}`
  const known = made.get(name)
  if (known !== undefined) return known
  const provider = make(CIPHERSUITES[id], native)
  made.set(name, provider)
  return provider
}

function make(suite: Ciphersuite, native: Sodium | undefined): CryptoProvider {
  const digest = (data: Uint8Array) => new Uint8Array(hash(suite.hashName, data, "buffer"))
  const kdf = hkdf(digest, suite.blockLength, suite.hashLength)
  return {
    ...kdf,
    suite,
    primitives: primitivesOf(suite, native),
    kem: kemOf(suite, kdf, native),
    aead: aeadOf(suite, native),
    signature: signatureOf(suite, native),
    hash: digest,
  }
}

function primitivesOf(suite: Ciphersuite, native: Sodium | undefined): string {
  const { keyExchange, cipher, signatureScheme } = suite
  const isHybrid = keyExchange === "X-Wing"
  const forSodium =
    isHybrid || keyExchange === "X25519" || signatureScheme === "Ed25519" || cipher === "chacha20-poly1305"
  const forNoble = isHybrid || signatureScheme.startsWith("P-")
  return [...(native && forSodium ? ["sodium-native"] : []), "node:crypto", ...(forNoble ? ["@noble"] : [])].join(" + ")
}

function kemOf(suite: Ciphersuite, kdf: Kdf, native: Sodium | undefined): Kem {
  const x25519 = native === undefined ? NODE_DH.X25519 : sodiumX25519(native)
  if (suite.keyExchange === "X-Wing") return xWing(nodeMlKem ?? NOBLE_ML_KEM, x25519)
  return dhKem(suite.keyExchange === "X25519" ? x25519 : NODE_DH[suite.keyExchange], kdf, suite.hashLength)
}

function aeadOf(suite: Ciphersuite, native: Sodium | undefined): Aead {
  return native !== undefined && suite.cipher === "chacha20-poly1305"
    ? sodiumChaCha20Poly1305(native)
    : aead(suite.cipher)
}

function signatureOf(suite: Ciphersuite, native: Sodium | undefined): Signature {
  return native !== undefined && suite.signatureScheme === "Ed25519"
    ? sodiumEd25519(native)
    : NODE_SIGNATURES[suite.signatureScheme]
}
