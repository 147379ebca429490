import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from "node:crypto"

import type { Signature } from "../crypto-provider.ts"

const imported = new WeakMap<Uint8Array, KeyObject>()

/** Ed25519 (RFC 8032): deterministic. Keys are imported once per array that holds them. */
export const Ed25519: Signature = {
  seedLength: 32,
  deriveKeyPair(seed) {
    const privateKey = new Uint8Array(seed)
    const exported = createPublicKey(importPrivate(privateKey)).export({ format: "raw-public" })
    return { privateKey, publicKey: new Uint8Array(exported) }
  },
  sign: (privateKey, content) => new Uint8Array(sign(null, content, importPrivate(privateKey))),
  verify: (publicKey, content, signature) =>
    publicKey.length === 32 && signature.length === 64 && verify(null, content, importPublic(publicKey), signature),
}

function importPrivate(privateKey: Uint8Array): KeyObject {
  const known = imported.get(privateKey)
  if (known !== undefined) return known
  const key = createPrivateKey({ key: Buffer.from(privateKey), format: "raw-private", asymmetricKeyType: "ed25519" })
  imported.set(privateKey, key)
  return key
}

function importPublic(publicKey: Uint8Array): KeyObject {
  const known = imported.get(publicKey)
  if (known !== undefined) return known
  const key = createPublicKey({ key: Buffer.from(publicKey), format: "raw-public", asymmetricKeyType: "ed25519" })
  imported.set(publicKey, key)
  return key
}
