import { toHex, type Bytes, type Milliseconds } from "@starling/kernel"
import { encode } from "@starling/wire"

import { readTime, type DeviceKey } from "../identity/device-certificate.ts"
import { bytesOf } from "../record/operation.ts"
import { decodeOwnRow } from "../versioned.ts"

/** A KeyPackage of another device, handed to this one ahead, so that it can be added while it is away. */
export interface StockedKeyPackage {
  readonly device: DeviceKey
  /** Cipher suite. */
  readonly suite: number
  /** Used where nothing else is left, and then again until its owner is met. */
  readonly lastResort: boolean
  /** A last resort that another one is to take the place of. */
  readonly used: boolean
  readonly heldAt: Milliseconds
  /** MLSMessage(KeyPackage). */
  readonly message: Bytes
}

const VERSION = 1

export function encodeStockedKeyPackage(stocked: StockedKeyPackage): Bytes {
  return encode((writer) =>
    writer
      .uint16(VERSION)
      .fixed(bytesOf(stocked.device))
      .uint16(stocked.suite)
      .uint8(stocked.lastResort ? 1 : 0)
      .uint8(stocked.used ? 1 : 0)
      .uint64(BigInt(stocked.heldAt))
      .opaque(stocked.message),
  )
}

export function decodeStockedKeyPackage(bytes: Uint8Array): StockedKeyPackage {
  return decodeOwnRow("key package of another device", bytes, VERSION, (reader) => ({
    device: toHex(reader.fixed(32)),
    suite: reader.uint16(),
    lastResort: reader.uint8() === 1,
    used: reader.uint8() === 1,
    heldAt: readTime(reader),
    message: reader.opaque(),
  }))
}
