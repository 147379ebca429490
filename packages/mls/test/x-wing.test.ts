import { x25519 } from "@noble/curves/ed25519.js"
import { sha256 } from "@noble/hashes/sha2.js"
import { shake256 } from "@noble/hashes/sha3.js"
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js"
import { fromHex, toHex } from "@starling/kernel"
import { nobleCrypto } from "@starling/mls/noble"
import { nodeCrypto } from "@starling/mls/node"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"

/** draft-connolly-cfrg-xwing-kem, appendix C; of what is long, its SHA-256. */
const VECTORS = [
  {
    privateKey: "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26",
    seed: "3cb1eea988004b93103cfb0aeefd2a686e01fa4a58e8a3639ca8a1e3f9ae57e235b8cc873c23dc62b8d260169afa2f75ab916a58d974918835d25e6a435085b2",
    sharedSecret: "d2df0522128f09dd8e2c92b1e905c793d8f57a54c3da25861f10bf4ca613e384",
    publicKeyHash: "2e816deebcd76c5c80d0cd2d174478871658e8e2ff42bc9d4a6e486372e856bb",
    kemOutputHash: "17cd532d657e44c897ca6583e548a5424fc70bf54f99515a4d2bcf99e3469f33",
  },
  {
    privateKey: "badfd6dfaac359a5efbb7bcc4b59d538df9a04302e10c8bc1cbf1a0b3a5120ea",
    seed: "17cda7cfad765f5623474d368ccca8af0007cd9f5e4c849f167a580b14aabdefaee7eef47cb0fca9767be1fda69419dfb927e9df07348b196691abaeb580b32d",
    sharedSecret: "f2e86241c64d60f6649fbc6c5b7d17180b780a3f34355e64a85749949c45f150",
    publicKeyHash: "c42ba5f8430d7d2c83739338203819f090e8303ce9c8b02107c272bfa5376916",
    kemOutputHash: "1661ea86d608a1924ba30840cb0a65f13ae051e3aec9cf0f064efc0bc92f2154",
  },
  {
    privateKey: "ef58538b8d23f87732ea63b02b4fa0f4873360e2841928cd60dd4cee8cc0d4c9",
    seed: "22a96188d032675c8ac850933c7aff1533b94c834adbb69c6115bad4692d8619f90b0cdf8a7b9c264029ac185b70b83f2801f2f4b3f70c593ea3aeeb613a7f1b",
    sharedSecret: "953f7f4e8c5b5049bdc771d1dffada0dd961477d1a2ae0988baa7ea6898d893f",
    publicKeyHash: "6b080d6b84f095342092fa7a22423e58bd681397ad0ef00eac92bd254db4fa95",
    kemOutputHash: "d3ca5578500344b5896cffc4fd740c9311946b82951df155e6fd86a7966b43c6",
  },
] as const

describe.for([nodeCrypto(77), nodeCrypto(77, { sodium: false }), nobleCrypto(77)])("with $primitives", ({ kem }) => {
  test.for(VECTORS)("the draft's vector $privateKey holds", (vector) => {
    const privateKey = bytes(vector.privateKey)
    const publicKey = publicKeyOf(privateKey)
    expect(toHex(sha256(publicKey))).toBe(vector.publicKeyHash)
    const encapsulated = kem.encapsulate(publicKey, bytes(vector.seed))
    expect(encapsulated && toHex(sha256(encapsulated.kemOutput))).toBe(vector.kemOutputHash)
    expect(encapsulated && toHex(encapsulated.sharedSecret)).toBe(vector.sharedSecret)
    const opened = encapsulated && kem.decapsulate(privateKey, encapsulated.kemOutput)
    expect(opened && toHex(opened)).toBe(vector.sharedSecret)
  })

  test("a key pair is the one of SHAKE256 of what it is derived from", () => {
    const seed = new Uint8Array(32).fill(3)
    const { privateKey, publicKey } = kem.deriveKeyPair(seed)
    expect(privateKey).toEqual(shake256(seed, { dkLen: 32 }))
    expect(publicKey).toEqual(publicKeyOf(privateKey))
  })

  test("a ciphertext that was not made for the key gives a secret that nobody else has", () => {
    const [alice, bob] = [1, 2].map((fill) => kem.deriveKeyPair(new Uint8Array(32).fill(fill)))
    const seed = new Uint8Array(64).fill(4)
    const made = alice && kem.encapsulate(alice.publicKey, seed)
    if (!alice || !bob || !made) throw new Error("no key pairs")
    const wrong = kem.decapsulate(bob.privateKey, made.kemOutput)
    expect(wrong).toHaveLength(32)
    expect(wrong).not.toEqual(made.sharedSecret)
    expect(kem.decapsulate(alice.privateKey, made.kemOutput.subarray(1))).toBeUndefined()
    const smallOrder = made.kemOutput.slice()
    smallOrder.fill(0, 1088)
    expect(kem.decapsulate(alice.privateKey, smallOrder)).toBeUndefined()
    expect(() => kem.encapsulate(alice.publicKey, seed.subarray(1))).toThrow(RangeError)
  })
})

test("a public key is one if ML-KEM's own check takes it and its X25519 half is not of small order", () => {
  const { kem } = nobleCrypto(77)
  const { publicKey } = kem.deriveKeyPair(new Uint8Array(32))
  const seed = new Uint8Array(64)
  const at = fc.integer({ min: 0, max: 1151 })
  fc.assert(
    fc.property(at, fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: 255 }), (index, first, second) => {
      const key = publicKey.slice()
      key[index] = first
      key[(index + 1) % 1152] = second
      const taken = accepted(() => ml_kem768.encapsulate(key.subarray(0, 1184), seed.subarray(32)))
      expect(kem.isPublicKey(key)).toBe(taken)
      expect(kem.encapsulate(key, seed) !== undefined).toBe(taken)
    }),
    { numRuns: 200 },
  )
  const smallOrder = publicKey.slice()
  smallOrder.fill(0, 1184)
  expect(kem.isPublicKey(smallOrder)).toBe(false)
  expect(kem.encapsulate(smallOrder, seed)).toBeUndefined()
  expect(kem.isPublicKey(publicKey.subarray(1))).toBe(false)
})

/** By the draft's own words, with @noble alone. */
function publicKeyOf(privateKey: Uint8Array): Uint8Array<ArrayBuffer> {
  const expanded = shake256(privateKey, { dkLen: 96 })
  const { publicKey } = ml_kem768.keygen(expanded.subarray(0, 64))
  const out = new Uint8Array(1216)
  out.set(publicKey)
  out.set(x25519.getPublicKey(expanded.subarray(64)), 1184)
  return out
}

function accepted(attempt: () => unknown): boolean {
  try {
    attempt()
    return true
  } catch {
    return false
  }
}

function bytes(hex: string): Uint8Array<ArrayBuffer> {
  const decoded = fromHex(hex)
  if (decoded === undefined) throw new TypeError("no hexadecimal")
  return decoded
}
