import type { Bytes, Milliseconds } from "@starling/kernel"
import { encode } from "@starling/wire"

import { readTime } from "../identity/device-certificate.ts"
import { decodeVersioned, type Versioned } from "../versioned.ts"

/** Direct protocol `key-package`. The clocks are compared: a KeyPackage has a lifetime. */
export interface KeyPackageRequest {
  readonly clock: Milliseconds
  /** Cipher suite of the group that it is for (RFC 9420, 17.1). */
  readonly suite: number
}
export interface KeyPackageAnswer {
  readonly clock: Milliseconds
  /** MLSMessage(KeyPackage). */
  readonly keyPackage: Bytes
}

const VERSION = 1
/** Version 1 of a request named no suite: it meant the only one there was. */
const REQUEST_VERSION = 2
const FIRST_SUITE = 1
export const MAX_KEY_PACKAGE = 16 * 1024

export function encodeKeyPackageRequest(request: KeyPackageRequest): Bytes {
  return encode((writer) => writer.uint16(REQUEST_VERSION).uint64(BigInt(request.clock)).uint16(request.suite))
}

export function decodeKeyPackageRequest(bytes: Uint8Array): Versioned<KeyPackageRequest> {
  const first = decodeVersioned(bytes, 1, 12, (reader) => ({ clock: readTime(reader), suite: FIRST_SUITE }))
  if (first.kind === "ok") return first
  return decodeVersioned(bytes, REQUEST_VERSION, 12, (reader) => ({ clock: readTime(reader), suite: reader.uint16() }))
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
