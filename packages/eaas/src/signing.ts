import { ed25519 } from "@noble/curves/ed25519.js"
import { Secret, type Bytes } from "@starling/kernel"

/** An Ed25519 key of a role. */
export class SigningKey implements Disposable {
  readonly #seed: Secret
  readonly publicKey: Bytes

  /** `seed` has 32 bytes; the key keeps a copy of its own. */
  constructor(seed: Uint8Array) {
    this.#seed = new Secret(seed)
    this.publicKey = new Uint8Array(ed25519.getPublicKey(this.#seed.expose()))
  }

  sign(message: Uint8Array): Bytes {
    return new Uint8Array(ed25519.sign(message, this.#seed.expose()))
  }

  [Symbol.dispose](): void {
    this.#seed[Symbol.dispose]()
  }
}

/** RFC 8032 with the strict reading of encodings; never throws, whatever the bytes. */
export function isSignedBy(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return ed25519.verify(signature, message, publicKey, { zip215: false })
  } catch {
    return false
  }
}
