import { createPrivateKey, createPublicKey, decapsulate, type KeyObject } from "node:crypto"

import type { MlKem768 } from "../ml-kem.ts"

const imported = new WeakMap<Uint8Array, KeyObject>()

/** ML-KEM-768 by OpenSSL, from version 3.5 on. */
export const NODE_ML_KEM: MlKem768 = {
  publicKey: (seed) => new Uint8Array(createPublicKey(importSeed(seed)).export({ format: "raw-public" })),
  decapsulate: (seed, ciphertext) => new Uint8Array(decapsulate(importSeed(seed), ciphertext)),
}

function importSeed(seed: Uint8Array): KeyObject {
  const known = imported.get(seed)
  if (known !== undefined) return known
  const key = createPrivateKey({ key: Buffer.from(seed), format: "raw-seed", asymmetricKeyType: "ml-kem-768" })
  imported.set(seed, key)
  return key
}
