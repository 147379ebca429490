import type { Bytes, Milliseconds } from "@starling/kernel"
import { encode } from "@starling/wire"

import { readTime } from "../identity/device-certificate.ts"
import { decodeVersioned, type Versioned } from "../versioned.ts"

/** Direct protocol `key-package`. The clocks are compared: a KeyPackage has a lifetime. */
export interface KeyPackageRequest {
  readonly clock: Milliseconds
}
export interface KeyPackageAnswer {
  readonly clock: Milliseconds
  /** MLSMessage(KeyPackage). */
  readonly keyPackage: Bytes
}

const VERSION = 1
const MAX_KEY_PACKAGE = 16 * 1024

export function encodeKeyPackageRequest(request: KeyPackageRequest): Bytes {
  return encode((writer) => writer.uint16(VERSION).uint64(BigInt(request.clock)))
}

export function decodeKeyPackageRequest(bytes: Uint8Array): Versioned<KeyPackageRequest> {
  return decodeVersioned(bytes, VERSION, 10, (reader) => ({ clock: readTime(reader) }))
}

export function encodeKeyPackageAnswer(answer: KeyPackageAnswer): Bytes {
  return encode((writer) => writer.uint16(VERSION).uint64(BigInt(answer.clock)).opaque(answer.keyPackage))
}

export function decodeKeyPackageAnswer(bytes: Uint8Array): Versioned<KeyPackageAnswer> {
  return decodeVersioned(bytes, VERSION, MAX_KEY_PACKAGE, (reader) => ({
    clock: readTime(reader),
    keyPackage: reader.opaque(MAX_KEY_PACKAGE),
  }))
}
