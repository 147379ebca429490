import { toHex, type Bytes, type Milliseconds } from "@starling/kernel"
import {
  createKeyPackage,
  decodeOwnKeyPackage,
  encodeOwnKeyPackage,
  type MlsContext,
  type OwnKeyPackage,
} from "@starling/mls"
import { encode } from "@starling/wire"

import { SUPPORTED_EXTENSIONS } from "../group/group-extensions.ts"
import { readTime } from "../identity/device-certificate.ts"
import type { OwnIdentity } from "../identity/own-identity.ts"
import type { PeerId } from "../identity/peer-id.ts"
import { KEY_PACKAGE_LIFETIME, MAX_CLOCK_DIFFERENCE, MAX_KEY_PACKAGE_USES } from "../limits.ts"
import { StoreError } from "../ports/store.ts"
import { bytesOf } from "../record/operation.ts"
import { decodeOwnRow } from "../versioned.ts"

/** A KeyPackage that was handed to a peer: one at a time to each, the same one again until it is used or expires. */
export interface IssuedKeyPackage {
  readonly own: OwnKeyPackage
  readonly peerId: PeerId
  readonly issuedAt: Milliseconds
  /** SHA-256 of the Welcomes that it served, in hexadecimal. One is enough for it to be handed out no more. */
  readonly served: readonly string[]
}

const VERSION = 1

export function issueKeyPackage(
  mls: MlsContext,
  own: OwnIdentity,
  peerId: PeerId,
  now: Milliseconds,
): IssuedKeyPackage {
  const keyPackage = createKeyPackage(mls, {
    credential: { kind: "basic", identity: own.encoded },
    signatureKeys: own.signatureKeys,
    lifetime: lifetimeFrom(now),
    supportedExtensions: SUPPORTED_EXTENSIONS,
  })
  return { own: keyPackage, peerId, issuedAt: now, served: [] }
}

/** In seconds, as MLS counts (RFC 9420, 7.2). */
export function lifetimeFrom(now: Milliseconds): { readonly notBefore: bigint; readonly notAfter: bigint } {
  return {
    notBefore: toSeconds(Math.max(0, now - MAX_CLOCK_DIFFERENCE)),
    notAfter: toSeconds(now + KEY_PACKAGE_LIFETIME),
  }
}

export function toSeconds(time: Milliseconds): bigint {
  return BigInt(Math.floor(time / 1000))
}

export function encodeIssuedKeyPackage(issued: IssuedKeyPackage): Bytes {
  return encode((writer) =>
    writer
      .uint16(VERSION)
      .text(issued.peerId)
      .uint64(BigInt(issued.issuedAt))
      .vector(issued.served, (w, digest) => w.fixed(bytesOf(digest)))
      .opaque(encodeOwnKeyPackage(issued.own)),
  )
}

export function decodeIssuedKeyPackage(bytes: Uint8Array): IssuedKeyPackage {
  return decodeOwnRow("key package", bytes, VERSION, (reader) => {
    const [peerId, issuedAt] = [reader.text(256), readTime(reader)]
    const served = reader.vector((r) => toHex(r.fixed(32)), MAX_KEY_PACKAGE_USES)
    const own = decodeOwnKeyPackage(reader.opaque())
    if (own.kind !== "ok") throw new StoreError("corrupt", `a key package that can't be read: ${own.why}`)
    return { own: own.value, peerId, issuedAt, served }
  })
}
