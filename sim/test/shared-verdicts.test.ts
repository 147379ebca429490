import { expect, test } from "vitest"

import { utf8 } from "@starling/kernel"
import { nodeCrypto } from "@starling/mls/node"

import { sharingVerdicts } from "../src/shared-verdicts.ts"

test("what was signed here holds without a look, and whatever differs by a bit is looked at", () => {
  const real = nodeCrypto(1)
  let looks = 0
  const { signature } = sharingVerdicts({
    ...real,
    signature: {
      ...real.signature,
      verify(...all) {
        looks++
        return real.signature.verify(...all)
      },
    },
  })
  const [own, other] = [1, 2].map((byte) => signature.deriveKeyPair(new Uint8Array(32).fill(byte)))
  const content = utf8("content")
  const signed = signature.sign(own!.privateKey, content)
  expect(signature.verify(own!.publicKey, content, signed)).toBe(true)
  expect(looks).toBe(0)

  const flipped = signed.map((byte, i) => (i === 9 ? byte ^ 1 : byte))
  expect(signature.verify(own!.publicKey, utf8("Content"), signed)).toBe(false)
  expect(signature.verify(other!.publicKey, content, signed)).toBe(false)
  expect(signature.verify(own!.publicKey, content, flipped)).toBe(false)
  expect(looks).toBe(3)
  expect(signature.verify(own!.publicKey, content, flipped)).toBe(false)
  expect(looks).toBe(3)
  expect(signature.verify(own!.publicKey, content, signed)).toBe(true)
})
