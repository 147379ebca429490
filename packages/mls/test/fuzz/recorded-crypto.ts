import { concat, toHex, type Bytes } from "@starling/kernel"
import type { CryptoProvider } from "@starling/mls"

import { require } from "./disagreement.ts"

/** 52 bits of a hash: enough to tell the keys of a run apart, and small enough to keep for all of it. */
export function digest(crypto: CryptoProvider, bytes: Uint8Array): number {
  return Number.parseInt(toHex(crypto.hash(bytes).subarray(0, 7)).slice(1), 16)
}

/** Pairs remembered; beyond, the older half is forgotten. */
const MOST = 4_000_000

/** A provider that sees every encryption: no key is used with one nonce twice, and to whom is known. */
export class RecordedCrypto {
  readonly crypto: CryptoProvider
  #older = new Set<number>()
  #newer = new Set<number>()
  #recipients: Bytes[] = []
  seals = 0

  constructor(base: CryptoProvider) {
    this.crypto = {
      ...base,
      aead: {
        ...base.aead,
        seal: (key, nonce, associatedData, plaintext) => {
          this.#remember(digest(base, concat(key, nonce)))
          return base.aead.seal(key, nonce, associatedData, plaintext)
        },
      },
      kem: {
        ...base.kem,
        encapsulate: (publicKey, seed) => {
          this.#recipients.push(new Uint8Array(publicKey))
          return base.kem.encapsulate(publicKey, seed)
        },
      },
    }
  }

  /** The public keys that were encrypted to since the last call, in order. */
  takeRecipients(): readonly Bytes[] {
    const recipients = this.#recipients
    this.#recipients = []
    return recipients
  }

  get seen(): readonly number[] {
    return [...this.#older, ...this.#newer]
  }

  set seen(digests: readonly number[]) {
    this.#older = new Set(digests)
    this.#newer = new Set()
  }

  #remember(pair: number): void {
    this.seals++
    require(!this.#older.has(pair) && !this.#newer.has(pair), "a key is used with one nonce for two encryptions")
    this.#newer.add(pair)
    if (this.#newer.size < MOST / 2) return
    this.#older = this.#newer
    this.#newer = new Set()
  }
}
