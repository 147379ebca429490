import * as crypto from "node:crypto"

import type { MlKem768 } from "../ml-kem.ts"
import { KeyCache } from "./key-cache.ts"
import { KEY_ENCODINGS } from "./key-encoding.ts"

/** ML-KEM-768 by OpenSSL; `undefined` where it is older than 3.5, or Node older than 24.7. */
export const nodeMlKem: MlKem768 | undefined = isThere() ? byOpenSsl() : undefined

function byOpenSsl(): MlKem768 {
  const keys = new KeyCache(KEY_ENCODINGS["ML-KEM-768"])
  return {
    publicKey: (seed) => keys.publicKeyOf(seed),
    decapsulate: (seed, ciphertext) => new Uint8Array(crypto.decapsulate(keys.privateKey(seed), ciphertext)),
  }
}

function isThere(): boolean {
  if (!("decapsulate" in crypto)) return false
  try {
    return byOpenSsl().publicKey(new Uint8Array(64)).length === 1184
  } catch {
    return false // OpenSSL knows no such key
  }
}
