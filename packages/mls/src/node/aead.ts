import { createCipheriv, createDecipheriv } from "node:crypto"

import { concat } from "@starling/kernel"

import type { Cipher } from "../ciphersuite.ts"
import type { Aead } from "../crypto-provider.ts"

const TAG = 16

/** An AEAD of RFC 9180, 7.3 by OpenSSL's name for it. */
export function aead(algorithm: Cipher): Aead {
  return {
    seal(key, nonce, associatedData, plaintext) {
      const cipher = startSealing(algorithm, key, nonce)
      cipher.setAAD(associatedData, { plaintextLength: plaintext.length })
      return concat(cipher.update(plaintext), cipher.final(), cipher.getAuthTag())
    },
    open(key, nonce, associatedData, ciphertext) {
      const length = ciphertext.length - TAG
      if (length < 0) return undefined
      const decipher = startOpening(algorithm, key, nonce)
      decipher.setAAD(associatedData, { plaintextLength: length })
      decipher.setAuthTag(ciphertext.subarray(length))
      const plaintext = decipher.update(ciphertext.subarray(0, length))
      try {
        decipher.final()
      } catch {
        return undefined // OpenSSL's way to say that the tag is wrong
      }
      return new Uint8Array(plaintext)
    },
  }
}

function startSealing(algorithm: Cipher, key: Uint8Array, nonce: Uint8Array) {
  return algorithm === "chacha20-poly1305"
    ? createCipheriv(algorithm, key, nonce, { authTagLength: TAG })
    : createCipheriv(algorithm, key, nonce, { authTagLength: TAG })
}

function startOpening(algorithm: Cipher, key: Uint8Array, nonce: Uint8Array) {
  return algorithm === "chacha20-poly1305"
    ? createDecipheriv(algorithm, key, nonce, { authTagLength: TAG })
    : createDecipheriv(algorithm, key, nonce, { authTagLength: TAG })
}
