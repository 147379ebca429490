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
import { ownLeafExtensions, type OwnIdentity } from "../identity/own-identity.ts"
import type { PeerId } from "../identity/peer-id.ts"
import { KEY_PACKAGE_LIFETIME, MAX_CLOCK_DIFFERENCE, MAX_LAST_RESORT_USES } from "../limits.ts"
import { StoreError } from "../ports/store.ts"
import { bytesOf } from "../record/operation.ts"
import { decodeOwnRow, isFirstVersion } from "../versioned.ts"

/** A KeyPackage that was handed to a peer, and that no other inviter's Welcome is good for. */
export interface IssuedKeyPackage {
  readonly own: OwnKeyPackage
  readonly peerId: PeerId
  readonly issuedAt: Milliseconds
  readonly purpose: Purpose
  /** SHA-256 of the Welcomes that it served, in hexadecimal. One is enough for it to be handed out no more. */
  readonly served: readonly string[]
  /** When the first Welcome came; of a last resort, when another one took its place after that. */
  readonly spentAt: Milliseconds | undefined
}

/**
 * - `asked`: for one invitation; the same one again until it is used or expires.
 * - `ahead`: for one invitation while this device is away.
 * - `last-resort`: for those that find nothing else left, until its holder has another one.
 */
export type Purpose = "asked" | "ahead" | "last-resort"

/** Version 1 knew those that were asked for, and not since when they were spent. */
const VERSION = 2
const PURPOSES: readonly Purpose[] = ["asked", "ahead", "last-resort"]

export function issueKeyPackage(
  mls: MlsContext,
  own: OwnIdentity,
  peerId: PeerId,
  now: Milliseconds,
  purpose: Purpose,
): IssuedKeyPackage {
  const keyPackage = createKeyPackage(mls, {
    credential: { kind: "basic", identity: own.encoded },
    signatureKeys: own.signatureKeys,
    lifetime: lifetimeFrom(now),
    supportedExtensions: SUPPORTED_EXTENSIONS,
    leafExtensions: ownLeafExtensions(mls.crypto, own),
  })
  return { own: keyPackage, peerId, issuedAt: now, purpose, served: [], spentAt: undefined }
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
      .uint8(PURPOSES.indexOf(issued.purpose))
      .vector(issued.served, (w, digest) => w.fixed(bytesOf(digest)))
      .optional(issued.spentAt, (w, at) => w.uint64(BigInt(at)))
      .opaque(encodeOwnKeyPackage(issued.own)),
  )
}

export function decodeIssuedKeyPackage(bytes: Uint8Array): IssuedKeyPackage {
  const isFirst = isFirstVersion(bytes)
  return decodeOwnRow("key package", bytes, isFirst ? 1 : VERSION, (reader) => {
    const [peerId, issuedAt] = [reader.text(256), readTime(reader)]
    const purpose = isFirst ? "asked" : (PURPOSES[reader.uint8()] ?? reader.fail("a purpose that is none"))
    const served = reader.vector((r) => toHex(r.fixed(32)), MAX_LAST_RESORT_USES)
    const spentAtFirst = served.length > 0 ? issuedAt : undefined
    const spentAt = isFirst ? spentAtFirst : reader.optional(readTime)
    const own = decodeOwnKeyPackage(reader.opaque())
    if (own.kind !== "ok") throw new StoreError("corrupt", `a key package that can't be read: ${own.why}`)
    return { own: own.value, peerId, issuedAt, purpose, served, spentAt }
  })
}
