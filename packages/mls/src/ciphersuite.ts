/** RFC 9420, 17.1: a cipher suite names a KEM, a KDF and an AEAD of HPKE (RFC 9180, 7), a hash and a signature scheme. */
export interface Ciphersuite {
  readonly id: CiphersuiteId
  readonly name: string
  readonly kem: number
  readonly kdf: number
  readonly aead: number
  /** Bytes of a hash, of a MAC and of every secret in the key schedule. */
  readonly hashLength: number
  readonly aeadKeyLength: number
  readonly aeadNonceLength: number
}

/** The suites that a provider exists for. */
export type CiphersuiteId = 1 | 3

const X25519_SHA256 = { kem: 0x0020, kdf: 0x0001, hashLength: 32, aeadNonceLength: 12 }

export const CIPHERSUITES: Readonly<Record<CiphersuiteId, Ciphersuite>> = {
  1: { id: 1, name: "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519", ...X25519_SHA256, aead: 0x0001, aeadKeyLength: 16 },
  3: {
    id: 3,
    name: "MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519",
    ...X25519_SHA256,
    aead: 0x0003,
    aeadKeyLength: 32,
  },
}
