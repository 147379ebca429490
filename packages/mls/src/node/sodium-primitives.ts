import type { Aead, Signature } from "../crypto-provider.ts"
import { CurvePoints } from "../curve-points.ts"
import { DH_PARAMETERS, type DhGroup } from "../dh-group.ts"
import type { Sodium } from "./sodium.ts"

const TAG = 16

/** X25519 (RFC 7748) by libsodium. */
export function sodiumX25519(sodium: Sodium): DhGroup {
  return {
    ...DH_PARAMETERS.X25519,
    isPublicKey: CurvePoints.isX25519,
    publicKey(privateKey) {
      const publicKey = new Uint8Array(32)
      sodium.crypto_scalarmult_base(publicKey, privateKey)
      return publicKey
    },
    sharedSecret(privateKey, publicKey) {
      const shared = new Uint8Array(32)
      sodium.crypto_scalarmult(shared, privateKey, publicKey)
      return shared
    },
  }
}

/** Ed25519 (RFC 8032) by libsodium, whose secret keys are the seed and the public key. */
export function sodiumEd25519(sodium: Sodium): Signature {
  const secretKeys = new WeakMap<Uint8Array, Uint8Array>()

  function secretKeyOf(privateKey: Uint8Array): Uint8Array {
    const known = secretKeys.get(privateKey)
    if (known !== undefined) return known
    const secretKey = new Uint8Array(64)
    sodium.crypto_sign_seed_keypair(new Uint8Array(32), secretKey, privateKey)
    secretKeys.set(privateKey, secretKey)
    return secretKey
  }

  return {
    seedLength: 32,
    deriveKeyPair(seed) {
      const privateKey = new Uint8Array(seed)
      return { privateKey, publicKey: new Uint8Array(secretKeyOf(privateKey).subarray(32)) }
    },
    sign(privateKey, content) {
      const signature = new Uint8Array(64)
      sodium.crypto_sign_detached(signature, content, secretKeyOf(privateKey))
      return signature
    },
    verify: (publicKey, content, signature) =>
      signature.length === 64 &&
      CurvePoints.isEd25519(publicKey) &&
      CurvePoints.isEd25519(signature.subarray(0, 32)) &&
      sodium.crypto_sign_verify_detached(signature, content, publicKey),
  }
}

/** ChaCha20-Poly1305 (RFC 8439) by libsodium. */
export function sodiumChaCha20Poly1305(sodium: Sodium): Aead {
  return {
    seal(key, nonce, associatedData, plaintext) {
      const ciphertext = new Uint8Array(plaintext.length + TAG)
      sodium.crypto_aead_chacha20poly1305_ietf_encrypt(ciphertext, plaintext, associatedData, null, nonce, key)
      return ciphertext
    },
    open(key, nonce, associatedData, ciphertext) {
      if (ciphertext.length < TAG) return undefined
      const plaintext = new Uint8Array(ciphertext.length - TAG)
      try {
        sodium.crypto_aead_chacha20poly1305_ietf_decrypt(plaintext, null, ciphertext, associatedData, nonce, key)
      } catch {
        return undefined // libsodium's way to say that the tag is wrong
      }
      return plaintext
    },
  }
}
