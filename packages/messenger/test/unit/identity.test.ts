import { expect, test } from "vitest"

import { authenticateDevice } from "@starling/messenger"
import {
  computeSafetyNumber,
  describeDevice,
  hasTransportConsent,
  peerIdOf,
  signTransportConsent,
  type Device,
  type IdentityId,
} from "@starling/messenger/parts"

import { counting, device, deviceKeys, hexOf, transportKeys } from "../support/frames.ts"
import { crypto } from "../support/crypto.ts"
import { person } from "../support/devices.ts"

const authenticate = authenticateDevice(crypto)

test("a device that its identity signed may use its own key, and no other", () => {
  const credential = { kind: "basic", identity: device.encoded } as const
  expect(authenticate(credential, deviceKeys.publicKey)).toBeUndefined()
  expect(authenticate(credential, counting(1, 32))).toBe("certified for another key")
})

test("any byte of a certificate changed makes it worthless", () => {
  for (let at = 0; at < device.encoded.length; at++) {
    const identity = device.encoded.slice()
    identity[at] = (identity[at] ?? 0) ^ 1
    expect(authenticate({ kind: "basic", identity }, deviceKeys.publicKey), `byte ${at}`).toBeTypeOf("string")
  }
})

test("the key behind a PeerId says of one device that it is its own, and of no other", () => {
  const data = signTransportConsent(crypto, transportKeys.privateKey, device.certificate)
  const says = (about: Device, bytes: Uint8Array): boolean =>
    hasTransportConsent(crypto, about, [{ type: 0xf5a2, data: new Uint8Array(bytes) }])
  expect(says(device, data)).toBe(true)
  for (let at = 0; at < data.length; at++) expect(says(device, data.with(at, (data[at] ?? 0) ^ 1)), `${at}`).toBe(false)
  for (const key of ["identityKey", "signatureKey", "transportKey"] as const) {
    const { certificate } = device
    const other = describeDevice(crypto, { ...certificate, [key]: counting(1, 32) })
    expect(says(other, data), key).toBe(false)
  }
  expect(hasTransportConsent(crypto, device, [])).toBe(false)
  const byDevice = signTransportConsent(crypto, deviceKeys.privateKey, device.certificate)
  expect(says(device, byDevice)).toBe(false)
})

test("credentials of another kind are refused", () => {
  expect(authenticate({ kind: "x509", certificates: [] }, deviceKeys.publicKey)).toBe("not a device certificate")
})

test("a PeerId is what libp2p derives from the key", () => {
  // The key of the peer id specification's Ed25519 example, and what js-libp2p makes of it.
  const key = hexOf("1ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e")
  expect(peerIdOf(key)).toBe("12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq")
})

test("a safety number is 12 groups of 5 digits, the same from both sides, and another for another pair", () => {
  const [one, other, third] = [1, 2, 3].map((seed) => person(seed).identity) as [IdentityId, IdentityId, IdentityId]
  const number = computeSafetyNumber(crypto, one, other)
  expect(number).toMatch(/^(\d{5} ){11}\d{5}$/)
  expect(computeSafetyNumber(crypto, other, one)).toBe(number)
  expect(computeSafetyNumber(crypto, one, third)).not.toBe(number)
})
