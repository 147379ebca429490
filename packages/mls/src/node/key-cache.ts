import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto"

import { concat, type Bytes } from "@starling/kernel"

import type { KeyEncoding } from "./key-encoding.ts"

/** Imports keys of one curve, each once per array that holds it. Whoever changes such an array gets the old key. */
export class KeyCache {
  readonly #encoding: KeyEncoding
  readonly #privateKeys = new WeakMap<Uint8Array, KeyObject>()
  readonly #publicKeys = new WeakMap<Uint8Array, KeyObject>()

  constructor(encoding: KeyEncoding) {
    this.#encoding = encoding
  }

  privateKey(bytes: Uint8Array): KeyObject {
    const known = this.#privateKeys.get(bytes)
    if (known !== undefined) return known
    const der = Buffer.from(concat(this.#encoding.privateStart, bytes).buffer)
    const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" })
    der.fill(0)
    this.#privateKeys.set(bytes, key)
    return key
  }

  /** Throws where the bytes are no key. */
  publicKey(bytes: Uint8Array): KeyObject {
    const known = this.#publicKeys.get(bytes)
    if (known !== undefined) return known
    const der = Buffer.from(concat(this.#encoding.publicStart, bytes).buffer)
    const key = createPublicKey({ key: der, format: "der", type: "spki" })
    this.#publicKeys.set(bytes, key)
    return key
  }

  /** Of an uncompressed point; OpenSSL says so by throwing. */
  isOnCurve(bytes: Uint8Array): boolean {
    try {
      this.publicKey(bytes)
      return true
    } catch {
      return false
    }
  }

  publicKeyOf(privateKey: Uint8Array): Bytes {
    const der = createPublicKey(this.privateKey(privateKey)).export({ format: "der", type: "spki" })
    return new Uint8Array(der.subarray(this.#encoding.publicStart.length))
  }
}
