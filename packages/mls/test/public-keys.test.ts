import { fromHex } from "@starling/kernel"
import { createCommit, join, receive, type CryptoProvider } from "@starling/mls"
import { nodeCrypto } from "@starling/mls/node"
import * as fc from "fast-check"
import { expect, test } from "vitest"

import { scene } from "./scene.ts"
import { NOW } from "./world.ts"

/** Every u-coordinate of small order on Curve25519 and its twist, the ones not reduced modulo 2^255 - 19 included. */
const SMALL_ORDER = [
  "00".repeat(32),
  `01${"00".repeat(31)}`,
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  `ec${"ff".repeat(30)}7f`,
  `ed${"ff".repeat(30)}7f`,
  `ee${"ff".repeat(30)}7f`,
]

test.for(SMALL_ORDER)("RFC 9180, 7.1.4: the point of small order %s is no public key", (hex) => {
  const { kem } = nodeCrypto(1)
  const key = fromHex(hex)
  if (key === undefined) throw new TypeError("no hex")
  for (const each of [key, key.with(31, (key[31] ?? 0) | 0x80)]) {
    expect(kem.isPublicKey(each)).toBe(false)
    expect(kem.encapsulate(each, new Uint8Array(32).fill(7))).toBeUndefined()
  }
})

test("a key is a public key if and only if one can encapsulate to it", () => {
  const { kem } = nodeCrypto(1)
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 40 }), bytes(32)), bytes(32), (key, seed) => {
      expect(kem.isPublicKey(key)).toBe(kem.encapsulate(key, seed) !== undefined)
      expect(kem.isPublicKey(kem.deriveKeyPair(seed).publicKey)).toBe(true)
    }),
  )
})

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
