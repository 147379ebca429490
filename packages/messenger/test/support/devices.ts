import { certifyDevice, describeDevice, type Device } from "@starling/messenger/parts"

import { counting } from "./frames.ts"
import { crypto } from "./crypto.ts"

/** Somebody with one key for everything, who differs from others by `seed`. */
export function person(seed: number): Device {
  const keys = crypto.signature.deriveKeyPair(counting(seed, 32))
  return describeDevice(
    crypto,
    certifyDevice(crypto, keys.privateKey, {
      identityKey: keys.publicKey,
      signatureKey: keys.publicKey,
      transportKey: keys.publicKey,
      createdAt: 0,
    }),
  )
}
