import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject } from "node:crypto"

import type { DhGroup } from "../dhkem.ts"

interface ImportedKey {
  readonly key: KeyObject
  readonly publicKey: Uint8Array<ArrayBuffer>
}

const imported = new WeakMap<Uint8Array, ImportedKey>()

/** X25519 (RFC 7748). Keys are imported once per array that holds them. */
export const X25519: DhGroup = {
  kem: 0x0020,
  privateKeyLength: 32,
  publicKey: (privateKey) => importPrivate(privateKey).publicKey,
  sharedSecret(privateKey, publicKey) {
    if (publicKey.length !== 32) return undefined
    const theirs = createPublicKey({ key: Buffer.from(publicKey), format: "raw-public", asymmetricKeyType: "x25519" })
    try {
      return new Uint8Array(diffieHellman({ privateKey: importPrivate(privateKey).key, publicKey: theirs }))
    } catch {
      return undefined // OpenSSL's way to say that the point is of small order (RFC 9180, 7.1.4)
    }
  },
}

function importPrivate(privateKey: Uint8Array): ImportedKey {
  const known = imported.get(privateKey)
  if (known !== undefined) return known
  const key = createPrivateKey({ key: Buffer.from(privateKey), format: "raw-private", asymmetricKeyType: "x25519" })
  const fresh = { key, publicKey: new Uint8Array(createPublicKey(key).export({ format: "raw-public" })) }
  imported.set(privateKey, fresh)
  return fresh
}
