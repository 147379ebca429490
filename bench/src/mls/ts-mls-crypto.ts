import { equalConstantTime, type Bytes } from "@starling/kernel"
import type { CryptoProvider, RandomSource } from "@starling/mls"
import { hpkeOpen, hpkeSeal } from "@starling/mls/rfc9420"
import type { CiphersuiteImpl, CiphersuiteName, PrivateKey, PublicKey } from "ts-mls"

/** The primitives of one of our providers in the form that ts-mls asks for; nothing in it waits for anything. */
export function tsMlsCrypto(crypto: CryptoProvider, random: RandomSource, name: CiphersuiteName): CiphersuiteImpl {
  const { kem, aead, signature, suite } = crypto
  const draw = (length: number) => random.draw(length, "for ts-mls")
  const nothing = new Uint8Array(0)
  const keyPair = (seed: Uint8Array) => {
    const { publicKey, privateKey } = kem.deriveKeyPair(seed)
    return { publicKey: publicKeyOf(publicKey), privateKey: privateKeyOf(privateKey) }
  }
  return {
    name,
    rng: { randomBytes: draw },
    hash: {
      digest: async (data) => crypto.hash(data),
      mac: async (key, data) => crypto.hmac(key, data),
      verifyMac: async (key, mac, data) => equalConstantTime(crypto.hmac(key, data), mac),
    },
    kdf: {
      size: suite.hashLength,
      extract: async (salt, ikm) => crypto.extract(salt, ikm),
      expand: async (secret, info, length) => crypto.expand(secret, info, length),
    },
    signature: {
      sign: async (key, message) => signature.sign(key, message),
      verify: async (key, message, given) => signature.verify(key, message, given),
      async keygen() {
        const { publicKey, privateKey } = signature.deriveKeyPair(draw(signature.seedLength))
        return { publicKey, signKey: privateKey }
      },
    },
    hpke: {
      keyLength: suite.aeadKeyLength,
      nonceLength: suite.aeadNonceLength,
      async seal(publicKey, plaintext, info) {
        const sealed = hpkeSeal(crypto, bytesOf(publicKey), info, plaintext, draw(kem.encapsulationSeedLength))
        if (sealed === undefined) throw new TypeError("no public key")
        return { ct: sealed.ciphertext, enc: sealed.kemOutput }
      },
      async open(privateKey, kemOutput, ciphertext, info) {
        const sealed = { kemOutput: kemOutput.slice(), ciphertext: ciphertext.slice() }
        return opened(hpkeOpen(crypto, bytesOf(privateKey), info, sealed))
      },
      importPrivateKey: async (key) => privateKeyOf(key),
      importPublicKey: async (key) => publicKeyOf(key),
      exportPublicKey: async (key) => bytesOf(key),
      exportPrivateKey: async (key) => bytesOf(key),
      encryptAead: async (key, nonce, data, plaintext) => aead.seal(key, nonce, data ?? nothing, plaintext),
      decryptAead: async (key, nonce, data, ciphertext) => opened(aead.open(key, nonce, data ?? nothing, ciphertext)),
      exportSecret: () => Promise.reject(new TypeError("nobody joins from outside here")),
      importSecret: () => Promise.reject(new TypeError("nobody joins from outside here")),
      deriveKeyPair: async (seed) => keyPair(seed),
      generateKeyPair: async () => keyPair(draw(kem.seedLength)),
    },
  }
}

/** To ts-mls its keys are opaque, so they need not be those of WebCrypto that its types say. */
interface HeldKey {
  readonly type: "public" | "private"
  readonly bytes: Uint8Array
}

function publicKeyOf(bytes: Uint8Array): PublicKey {
  const held: HeldKey = { type: "public", bytes }
  return held as unknown as PublicKey
}

function privateKeyOf(bytes: Uint8Array): PrivateKey {
  const held: HeldKey = { type: "private", bytes }
  return held as unknown as PrivateKey
}

function bytesOf(key: PublicKey | PrivateKey): Uint8Array {
  return (key as unknown as HeldKey).bytes
}

function opened(plaintext: Bytes | undefined): Bytes {
  if (plaintext === undefined) throw new TypeError("undecryptable")
  return plaintext
}
