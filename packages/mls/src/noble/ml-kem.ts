import { ml_kem768 } from "@noble/post-quantum/ml-kem.js"

import type { MlKem768 } from "../ml-kem.ts"

const keyPairs = new WeakMap<Uint8Array, ReturnType<typeof ml_kem768.keygen>>()

/** ML-KEM-768 by @noble/post-quantum. */
export const NOBLE_ML_KEM: MlKem768 = {
  publicKey: (seed) => expand(seed).publicKey.slice(),
  decapsulate: (seed, ciphertext) => ml_kem768.decapsulate(ciphertext, expand(seed).secretKey),
}

function expand(seed: Uint8Array) {
  const known = keyPairs.get(seed)
  if (known !== undefined) return known
  const made = ml_kem768.keygen(seed)
  keyPairs.set(seed, made)
  return made
}
