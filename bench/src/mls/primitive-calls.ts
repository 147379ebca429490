import type { CryptoProvider } from "@starling/mls"

/** One call of a primitive, to be made again with the same arguments on the bare provider. */
export interface PrimitiveCall {
  readonly primitive: string
  /** The call; one for each time that it is made. */
  readonly ready: () => () => void
}

/** A provider that notes each call, and what it noted. Calls that a primitive makes inside itself are part of it. */
export interface Recording {
  readonly crypto: CryptoProvider
  readonly calls: readonly PrimitiveCall[]
}

/**
 * A KEM operation is one call. Arguments are copied, as some are wiped after use, except for private keys: what a
 * provider knows by the array of such a key it knows in a live state too. Public keys come in a new array each time.
 */
export function recording(crypto: CryptoProvider): Recording {
  const calls: PrimitiveCall[] = []
  const note = (primitive: string, call: () => void): void => {
    calls.push({ primitive, ready: () => call })
  }
  const { kem, aead, signature } = crypto
  return {
    calls,
    crypto: {
      suite: crypto.suite,
      primitives: crypto.primitives,
      hash(data) {
        const copy = data.slice()
        note("hash", () => crypto.hash(copy))
        return crypto.hash(data)
      },
      hmac(key, data) {
        const copies = [key.slice(), data.slice()] as const
        note("hmac", () => crypto.hmac(...copies))
        return crypto.hmac(key, data)
      },
      extract(salt, inputKeyMaterial) {
        const copies = [salt.slice(), inputKeyMaterial.slice()] as const
        note("extract", () => crypto.extract(...copies))
        return crypto.extract(salt, inputKeyMaterial)
      },
      expand(secret, info, length) {
        const copies = [secret.slice(), info.slice(), length] as const
        note("expand", () => crypto.expand(...copies))
        return crypto.expand(secret, info, length)
      },
      kem: {
        seedLength: kem.seedLength,
        encapsulationSeedLength: kem.encapsulationSeedLength,
        deriveKeyPair(seed) {
          const copy = seed.slice()
          note("kem.deriveKeyPair", () => kem.deriveKeyPair(copy))
          return kem.deriveKeyPair(seed)
        },
        isPublicKey(publicKey) {
          const copy = publicKey.slice()
          note("kem.isPublicKey", () => kem.isPublicKey(copy))
          return kem.isPublicKey(publicKey)
        },
        encapsulate(publicKey, seed) {
          const copies = [publicKey.slice(), seed.slice()] as const
          const ready = () => {
            const fresh = copies[0].slice()
            return () => void kem.encapsulate(fresh, copies[1])
          }
          calls.push({ primitive: "kem.encapsulate", ready })
          return kem.encapsulate(publicKey, seed)
        },
        decapsulate(privateKey, kemOutput) {
          const copy = kemOutput.slice()
          note("kem.decapsulate", () => kem.decapsulate(privateKey, copy))
          return kem.decapsulate(privateKey, kemOutput)
        },
      },
      aead: {
        seal(key, nonce, associatedData, plaintext) {
          const copies = [key.slice(), nonce.slice(), associatedData.slice(), plaintext.slice()] as const
          note("aead.seal", () => aead.seal(...copies))
          return aead.seal(key, nonce, associatedData, plaintext)
        },
        open(key, nonce, associatedData, ciphertext) {
          const copies = [key.slice(), nonce.slice(), associatedData.slice(), ciphertext.slice()] as const
          note("aead.open", () => aead.open(...copies))
          return aead.open(key, nonce, associatedData, ciphertext)
        },
      },
      signature: {
        seedLength: signature.seedLength,
        deriveKeyPair(seed) {
          const copy = seed.slice()
          note("signature.deriveKeyPair", () => signature.deriveKeyPair(copy))
          return signature.deriveKeyPair(seed)
        },
        sign(privateKey, content) {
          const copy = content.slice()
          note("sign", () => signature.sign(privateKey, copy))
          return signature.sign(privateKey, content)
        },
        verify(publicKey, content, given) {
          const copies = [publicKey.slice(), content.slice(), given.slice()] as const
          note("verify", () => signature.verify(...copies))
          return signature.verify(publicKey, content, given)
        },
      },
    },
  }
}
