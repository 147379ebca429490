import { createCipheriv, createDecipheriv, createSecretKey } from "node:crypto"

import type { Cipher } from "../ciphersuite.ts"
import type { Aead } from "../crypto-provider.ts"

const TAG = 16

/** An AEAD of RFC 9180, 7.3 by OpenSSL's name for it. */
export function aead(cipher: Cipher): Aead {
  return {
    seal(key, nonce, associatedData, plaintext) {
      const sealing = startSealing(cipher, key, nonce)
      if (associatedData.length > 0) sealing.setAAD(associatedData, { plaintextLength: plaintext.length })
      const out = new Uint8Array(plaintext.length + TAG)
      out.set(sealing.update(plaintext))
      sealing.final()
      out.set(sealing.getAuthTag(), plaintext.length)
      return out
    },
    open(key, nonce, associatedData, ciphertext) {
      const length = ciphertext.length - TAG
      if (length < 0) return undefined
      const opening = startOpening(cipher, key, nonce)
      if (associatedData.length > 0) opening.setAAD(associatedData, { plaintextLength: length })
      opening.setAuthTag(ciphertext.subarray(length))
      const plaintext = opening.update(ciphertext.subarray(0, length))
      try {
        opening.final()
      } catch {
        return undefined // OpenSSL's way to say that the tag is wrong
      }
      return new Uint8Array(plaintext)
    },
  }
}

/** A key that is an object already saves Node several microseconds of finding out what it was given. */
function startSealing(cipher: Cipher, key: Uint8Array, nonce: Uint8Array) {
  return cipher === "chacha20-poly1305"
    ? createCipheriv(cipher, createSecretKey(key), nonce, { authTagLength: TAG })
    : createCipheriv(cipher, createSecretKey(key), nonce, { authTagLength: TAG })
}

function startOpening(cipher: Cipher, key: Uint8Array, nonce: Uint8Array) {
  return cipher === "chacha20-poly1305"
    ? createDecipheriv(cipher, createSecretKey(key), nonce, { authTagLength: TAG })
    : createDecipheriv(cipher, createSecretKey(key), nonce, { authTagLength: TAG })
}
