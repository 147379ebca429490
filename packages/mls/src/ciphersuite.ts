/** RFC 9420, 17.1: a cipher suite names a KEM, a KDF and an AEAD of HPKE (RFC 9180, 7), a hash and a signature scheme. */
export interface Ciphersuite {
  readonly id: CiphersuiteId
  readonly name: string
  /** HPKE's numbers (RFC 9180, 7). */
  readonly kem: number
  readonly kdf: number
  readonly aead: number
  /** What stands behind them. */
  readonly keyExchange: KeyExchange
  readonly cipher: Cipher
  readonly hashName: HashName
  readonly signatureScheme: SignatureScheme
  /** Bytes of a hash, of a MAC and of every secret in the key schedule. */
  readonly hashLength: number
  /** Bytes of the blocks that the hash works on, which HMAC pads its keys to. */
  readonly blockLength: number
  readonly aeadKeyLength: number
  readonly aeadNonceLength: number
}

/** A curve to agree on secrets with, or the hybrid of X25519 and ML-KEM-768. */
export type KeyExchange = "P-256" | "P-384" | "P-521" | "X25519" | "X448" | "X-Wing"
export type Cipher = "aes-128-gcm" | "aes-256-gcm" | "chacha20-poly1305"
export type HashName = "sha256" | "sha384" | "sha512"
/** A curve's name alone means ECDSA on it, with the hash of the suite. */
export type SignatureScheme = "Ed25519" | "Ed448" | "P-256" | "P-384" | "P-521"

/**
 * The suites that a provider exists for: those of RFC 9420, 17.1, and 77 (0x004D), the hybrid suite, whose number and
 * name are the ones of OpenMLS. IANA has not registered it: what is to come of it is still a draft
 * (draft-ietf-mls-pq-ciphersuites), so groups of this suite may have to be made anew.
 */
export type CiphersuiteId = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 77

const P256 = { kem: 0x0010, keyExchange: "P-256" } as const
const P384 = { kem: 0x0011, keyExchange: "P-384" } as const
const P521 = { kem: 0x0012, keyExchange: "P-521" } as const
const X25519 = { kem: 0x0020, keyExchange: "X25519" } as const
const X448 = { kem: 0x0021, keyExchange: "X448" } as const
/** draft-connolly-cfrg-xwing-kem. */
const XWING = { kem: 0x647a, keyExchange: "X-Wing" } as const

const SHA256 = { kdf: 0x0001, hashName: "sha256", hashLength: 32, blockLength: 64 } as const
const SHA384 = { kdf: 0x0002, hashName: "sha384", hashLength: 48, blockLength: 128 } as const
const SHA512 = { kdf: 0x0003, hashName: "sha512", hashLength: 64, blockLength: 128 } as const

const AES128 = { aead: 0x0001, cipher: "aes-128-gcm", aeadKeyLength: 16, aeadNonceLength: 12 } as const
const AES256 = { aead: 0x0002, cipher: "aes-256-gcm", aeadKeyLength: 32, aeadNonceLength: 12 } as const
const CHACHA20 = { aead: 0x0003, cipher: "chacha20-poly1305", aeadKeyLength: 32, aeadNonceLength: 12 } as const

export const CIPHERSUITES: Readonly<Record<CiphersuiteId, Ciphersuite>> = {
  1: {
    id: 1,
    name: "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519",
    ...X25519,
    ...AES128,
    ...SHA256,
    signatureScheme: "Ed25519",
  },
  2: {
    id: 2,
    name: "MLS_128_DHKEMP256_AES128GCM_SHA256_P256",
    ...P256,
    ...AES128,
    ...SHA256,
    signatureScheme: "P-256",
  },
  3: {
    id: 3,
    name: "MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519",
    ...X25519,
    ...CHACHA20,
    ...SHA256,
    signatureScheme: "Ed25519",
  },
  4: {
    id: 4,
    name: "MLS_256_DHKEMX448_AES256GCM_SHA512_Ed448",
    ...X448,
    ...AES256,
    ...SHA512,
    signatureScheme: "Ed448",
  },
  5: {
    id: 5,
    name: "MLS_256_DHKEMP521_AES256GCM_SHA512_P521",
    ...P521,
    ...AES256,
    ...SHA512,
    signatureScheme: "P-521",
  },
  6: {
    id: 6,
    name: "MLS_256_DHKEMX448_CHACHA20POLY1305_SHA512_Ed448",
    ...X448,
    ...CHACHA20,
    ...SHA512,
    signatureScheme: "Ed448",
  },
  7: {
    id: 7,
    name: "MLS_256_DHKEMP384_AES256GCM_SHA384_P384",
    ...P384,
    ...AES256,
    ...SHA384,
    signatureScheme: "P-384",
  },
  77: {
    id: 77,
    name: "MLS_256_XWING_CHACHA20POLY1305_SHA256_Ed25519",
    ...XWING,
    ...CHACHA20,
    ...SHA256,
    signatureScheme: "Ed25519",
  },
}
