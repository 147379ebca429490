import { x25519 } from "@noble/curves/ed25519.js"
import { x448 } from "@noble/curves/ed448.js"
import { fromHex, type Bytes } from "@starling/kernel"
import { createCommit, join, receive, type CiphersuiteId, type CryptoProvider } from "@starling/mls"
import { nobleCrypto } from "@starling/mls/noble"
import { nodeCrypto } from "@starling/mls/node"
import * as fc from "fast-check"
import { expect, test } from "vitest"

import { scene } from "./scene.ts"
import { NOW, SUITES } from "./world.ts"

/** Every u-coordinate of small order on Curve25519 and its twist, the ones not reduced modulo 2^255 - 19 included. */
const SMALL_ORDER_25519 = [
  "00".repeat(32),
  `01${"00".repeat(31)}`,
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  `ec${"ff".repeat(30)}7f`,
  `ed${"ff".repeat(30)}7f`,
  `ee${"ff".repeat(30)}7f`,
]

/** The same of Curve448: 0, 1 and -1, the ones not reduced modulo 2^448 - 2^224 - 1 included. */
const SMALL_ORDER_448 = [
  "00".repeat(56),
  `01${"00".repeat(55)}`,
  `fe${"ff".repeat(27)}fe${"ff".repeat(27)}`,
  `ff${"ff".repeat(27)}fe${"ff".repeat(27)}`,
  `${"00".repeat(28)}${"ff".repeat(28)}`,
]

const providersOf = (suite: CiphersuiteId) => [
  nodeCrypto(suite),
  nodeCrypto(suite, { sodium: false }),
  nobleCrypto(suite),
]

test.for(SMALL_ORDER_25519)("RFC 9180, 7.1.4: the point of small order %s is no public key", (hex) => {
  const key = bytes(hex)
  for (const { kem } of providersOf(1)) {
    for (const each of [key, key.with(31, (key[31] ?? 0) | 0x80)]) {
      expect(kem.isPublicKey(each)).toBe(false)
      expect(kem.encapsulate(each, new Uint8Array(32).fill(7))).toBeUndefined()
      expect(kem.decapsulate(new Uint8Array(32).fill(7), each)).toBeUndefined()
    }
  }
})

test.for(SMALL_ORDER_448)("RFC 9180, 7.1.4: the point of small order %s is no public key", (hex) => {
  for (const { kem } of providersOf(4)) {
    expect(kem.isPublicKey(bytes(hex))).toBe(false)
    expect(kem.encapsulate(bytes(hex), new Uint8Array(56).fill(7))).toBeUndefined()
    expect(kem.decapsulate(new Uint8Array(56).fill(7), bytes(hex))).toBeUndefined()
  }
})

test("the lists of small order are the ones that the libraries themselves refuse", () => {
  for (const hex of SMALL_ORDER_25519) {
    expect(() => x25519.getSharedSecret(new Uint8Array(32).fill(7), bytes(hex))).toThrow("invalid")
  }
  for (const hex of SMALL_ORDER_448) {
    expect(() => x448.getSharedSecret(new Uint8Array(56).fill(7), bytes(hex))).toThrow("invalid")
  }
})

test.for(SUITES)("suite %i: a key is a public key if and only if one can encapsulate to it", (suite) => {
  const { kem } = nodeCrypto(suite)
  const { publicKey } = kem.deriveKeyPair(new Uint8Array(kem.seedLength).fill(1))
  const exact = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
  const mutant = fc.tuple(fc.nat(publicKey.length - 1), fc.nat(255)).map(([at, byte]) => publicKey.with(at, byte))
  const key = fc.oneof(fc.uint8Array({ maxLength: 70 }), exact(publicKey.length), mutant)
  fc.assert(
    fc.property(key, exact(kem.encapsulationSeedLength), (key, seed) => {
      const verdict = kem.isPublicKey(key)
      for (const each of providersOf(suite)) expect(each.kem.isPublicKey(key)).toBe(verdict)
      expect(kem.encapsulate(key, seed) !== undefined).toBe(verdict)
      expect(kem.isPublicKey(kem.deriveKeyPair(seed).publicKey)).toBe(true)
    }),
    { numRuns: suite === 77 ? 30 : 60 },
  )
})

test.for([
  { suite: 2, length: 32 },
  { suite: 7, length: 48 },
  { suite: 5, length: 66 },
] as const)(
  "RFC 9180, 7.1.4: what is off the curve of suite $suite, or compressed, is no public key",
  ({ suite, length }) => {
    for (const { kem } of providersOf(suite)) {
      const { publicKey, privateKey } = kem.deriveKeyPair(new Uint8Array(length).fill(1))
      const last = publicKey.length - 1
      const off = publicKey.with(last, (publicKey[last] ?? 0) ^ 1)
      const parity = (publicKey[last] ?? 0) & 1
      const compressed = publicKey.slice(0, 1 + length).with(0, 2 + parity)
      const hybrid = publicKey.with(0, 6 + parity)
      for (const each of [off, compressed, hybrid, new Uint8Array([0]), new Uint8Array(publicKey.length).with(0, 4)]) {
        expect(kem.isPublicKey(each)).toBe(false)
        expect(kem.encapsulate(each, new Uint8Array(length).fill(2))).toBeUndefined()
        expect(kem.decapsulate(privateKey, each)).toBeUndefined()
      }
    }
  },
)

test.for([
  { name: "leaf", at: 0 },
  { name: "lowest parent", at: 1 },
  { name: "root", at: 3 },
])("RFC 9420, 5.1.1: nobody follows a commit that puts a key of small order into its $name", ({ name, at }) => {
  const { mls, alice, bob, erin } = scene(`small order ${name}`)
  const { keyPackage, signatureKeys } = erin
  const proposals = [{ kind: "add", keyPackage: keyPackage.keyPackage }] as const
  const hostile = { ...mls, crypto: withSmallOrderKey(mls.crypto, at) }
  const made = createCommit(hostile, alice, { proposals, path: true, now: NOW })
  if (made.kind !== "ok" || made.welcome === undefined) throw new Error("no commit")
  const refused = { kind: "refused", reason: "invalid-public-key", section: "RFC 9420, 5.1.1" }
  expect(receive(mls, bob, made.commit)).toEqual(refused)
  expect(join(mls, { welcome: made.welcome, keyPackage, signatureKeys })).toEqual(refused)
})

/** The key pair that is derived after `at` others has a public key of zeros. */
function withSmallOrderKey(crypto: CryptoProvider, at: number): CryptoProvider {
  let derived = 0
  const { kem } = crypto
  return {
    ...crypto,
    kem: {
      ...kem,
      deriveKeyPair(seed) {
        const keys = kem.deriveKeyPair(seed)
        return derived++ === at ? { ...keys, publicKey: new Uint8Array(32) } : keys
      },
    },
  }
}

function bytes(hex: string): Bytes {
  const decoded = fromHex(hex)
  if (decoded === undefined) throw new TypeError("no hexadecimal")
  return decoded
}
