import { createCipheriv, createDecipheriv } from "node:crypto"

import { concat } from "@starling/kernel"

import type { Aead } from "../crypto-provider.ts"

type Algorithm = "aes-128-gcm" | "chacha20-poly1305"

const TAG = 16

/** An AEAD of RFC 9180, 7.3 by OpenSSL's name for it. */
export function aead(algorithm: Algorithm): Aead {
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

function startSealing(algorithm: Algorithm, key: Uint8Array, nonce: Uint8Array) {
  return algorithm === "aes-128-gcm"
    ? createCipheriv(algorithm, key, nonce, { authTagLength: TAG })
    : createCipheriv(algorithm, key, nonce, { authTagLength: TAG })
}

function startOpening(algorithm: Algorithm, key: Uint8Array, nonce: Uint8Array) {
  return algorithm === "aes-128-gcm"
    ? createDecipheriv(algorithm, key, nonce, { authTagLength: TAG })
    : createDecipheriv(algorithm, key, nonce, { authTagLength: TAG })
}
