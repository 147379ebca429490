import { toHex, type Bytes, type Milliseconds } from "@starling/kernel"
import { encode } from "@starling/wire"

import { readTime } from "../identity/device-certificate.ts"
import { MAX_AHEAD, STOCK } from "../limits.ts"
import { bytesOf } from "../record/operation.ts"
import { decodeVersioned, type Versioned } from "../versioned.ts"
import { MAX_KEY_PACKAGE } from "./key-package-frames.ts"

/** Direct protocol `key-package-stock`: "fill up what I hold of yours". */
export interface StockRequest {
  readonly clock: Milliseconds
  /** Cipher suite (RFC 9420, 17.1). */
  readonly suite: number
  /** References of the answerer's KeyPackages that the asker has not used, in hexadecimal. */
  readonly held: readonly string[]
}
export interface StockAnswer {
  readonly clock: Milliseconds
  /** MLSMessage(KeyPackage), each for one invitation. */
  readonly single: readonly Bytes[]
  /** MLSMessage(KeyPackage): in the place of the one that the asker has, if any. */
  readonly lastResort: Bytes | undefined
}

const VERSION = 1
const MAX_REQUEST = 32 + 33 * MAX_AHEAD
const MAX_ANSWER = 32 + (STOCK + 1) * (MAX_KEY_PACKAGE + 8)

export function encodeStockRequest({ clock, suite, held }: StockRequest): Bytes {
  return encode((writer) =>
    writer
      .uint16(VERSION)
      .uint64(BigInt(clock))
      .uint16(suite)
      .vector(held, (w, reference) => w.fixed(bytesOf(reference))),
  )
}

export function decodeStockRequest(bytes: Uint8Array): Versioned<StockRequest> {
  return decodeVersioned(bytes, VERSION, MAX_REQUEST, (reader) => ({
    clock: readTime(reader),
    suite: reader.uint16(),
    held: reader.vector((r) => toHex(r.fixed(32)), MAX_AHEAD),
  }))
}

export function encodeStockAnswer({ clock, single, lastResort }: StockAnswer): Bytes {
  return encode((writer) =>
    writer
      .uint16(VERSION)
      .uint64(BigInt(clock))
      .vector(single, (w, keyPackage) => w.opaque(keyPackage))
      .optional(lastResort, (w, keyPackage) => w.opaque(keyPackage)),
  )
}

export function decodeStockAnswer(bytes: Uint8Array): Versioned<StockAnswer> {
  return decodeVersioned(bytes, VERSION, MAX_ANSWER, (reader) => ({
    clock: readTime(reader),
    single: reader.vector((r) => r.opaque(MAX_KEY_PACKAGE), STOCK),
    lastResort: reader.optional((r) => r.opaque(MAX_KEY_PACKAGE)),
  }))
}
