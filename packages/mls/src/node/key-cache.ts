import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto"

import type { NistCurve } from "../nist-curves.ts"

/** A curve by OpenSSL's name for it. */
export type NativeCurve =
  | { readonly asymmetricKeyType: "ed25519" | "ed448" | "x25519" | "x448" }
  | { readonly asymmetricKeyType: "ec"; readonly namedCurve: NistCurve }

/** Imports keys of one curve, each once per array that holds it. Whoever changes such an array gets the old key. */
export class KeyCache {
  readonly #curve: NativeCurve
  readonly #privateKeys = new WeakMap<Uint8Array, KeyObject>()
  readonly #publicKeys = new WeakMap<Uint8Array, KeyObject>()

  constructor(curve: NativeCurve) {
    this.#curve = curve
  }

  privateKey(bytes: Uint8Array): KeyObject {
    const known = this.#privateKeys.get(bytes)
    if (known !== undefined) return known
    const key = createPrivateKey({ key: view(bytes), format: "raw-private", ...this.#curve })
    this.#privateKeys.set(bytes, key)
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

  /** Throws where the bytes are no key. */
  publicKey(bytes: Uint8Array): KeyObject {
    const known = this.#publicKeys.get(bytes)
    if (known !== undefined) return known
    const key = createPublicKey({ key: view(bytes), format: "raw-public", ...this.#curve })
    this.#publicKeys.set(bytes, key)
    return key
  }

  publicKeyOf(privateKey: Uint8Array): Uint8Array<ArrayBuffer> {
    return new Uint8Array(createPublicKey(this.privateKey(privateKey)).export({ format: "raw-public" }))
  }
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
