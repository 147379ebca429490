import { concat, utf8, type Bytes } from "@starling/kernel"
import { encode } from "@starling/wire"

import type { Kdf, Kem } from "./crypto-provider.ts"
import { labeledExpand, labeledExtract } from "./hpke.ts"

const NOTHING = new Uint8Array(0)

/** A Diffie-Hellman group whose private keys are plain byte strings (X25519, X448). */
export interface DhGroup {
  /** RFC 9180, 7.1. */
  readonly kem: number
  readonly privateKeyLength: number
  publicKey(privateKey: Uint8Array): Bytes
  /** `undefined` where `publicKey` is none, or of small order. */
  sharedSecret(privateKey: Uint8Array, publicKey: Uint8Array): Bytes | undefined
}

/** RFC 9180, 4.1: `DHKEM(group, kdf)`; its secrets are `secretLength` bytes long. */
export function dhKem(group: DhGroup, kdf: Kdf, secretLength: number): Kem {
  const suiteId = encode((w) => w.fixed(utf8("KEM")).uint16(group.kem))

  function deriveKeyPair(seed: Uint8Array) {
    const secret = labeledExtract(kdf, suiteId, NOTHING, "dkp_prk", seed)
    const privateKey = labeledExpand(kdf, suiteId, secret, "sk", NOTHING, group.privateKeyLength)
    return { privateKey, publicKey: group.publicKey(privateKey) }
  }

  function extractAndExpand(dh: Uint8Array, kemOutput: Uint8Array, publicKey: Uint8Array): Bytes {
    const secret = labeledExtract(kdf, suiteId, NOTHING, "eae_prk", dh)
    return labeledExpand(kdf, suiteId, secret, "shared_secret", concat(kemOutput, publicKey), secretLength)
  }

  const anyKeys = deriveKeyPair(new Uint8Array(group.privateKeyLength))

  return {
    seedLength: group.privateKeyLength,
    deriveKeyPair,
    // RFC 9180, 7.1.4: whether a point is of small order shows with one private key as with any other
    isPublicKey: (publicKey) => group.sharedSecret(anyKeys.privateKey, publicKey) !== undefined,
    encapsulate(publicKey, seed) {
      const ephemeral = deriveKeyPair(seed)
      const dh = group.sharedSecret(ephemeral.privateKey, publicKey)
      if (dh === undefined) return undefined
      const kemOutput = ephemeral.publicKey
      return { kemOutput, sharedSecret: extractAndExpand(dh, kemOutput, publicKey) }
    },
    decapsulate(privateKey, kemOutput) {
      const dh = group.sharedSecret(privateKey, kemOutput)
      return dh && extractAndExpand(dh, kemOutput, group.publicKey(privateKey))
    },
  }
}
