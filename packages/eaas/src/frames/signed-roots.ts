import type { Bytes, Decoded } from "@starling/kernel"
import { decode, encode } from "@starling/wire"
import { PUBLIC_KEY_BYTES } from "../protocol.ts"
import { readHead, writeHead } from "./head.ts"
import { readSealedEpoch, writeSealedEpoch, type SealedEpoch } from "./sealed-epoch.ts"

/** What somebody was shown of one platform, whose id is the digest of its two keys. */
export interface PlatformRoots {
  readonly authenticationKey: Bytes
  readonly validationKey: Bytes
  /** Newest first; two of the same epoch and revision are the evidence of a fault. */
  readonly epochs: readonly SealedEpoch[]
}

export const MAX_PLATFORMS = 8
export const MAX_ROOTS = 32
/** Above all of them. */
const MAX_BYTES = 128 * 1024

export function encodeSignedRoots(platforms: readonly PlatformRoots[]): Bytes {
  return encode(
    (w) =>
      writeHead(w, "signed roots").vector(platforms, (v, { authenticationKey, validationKey, epochs }) => {
        v.fixed(authenticationKey).fixed(validationKey).vector(epochs, writeSealedEpoch)
      }),
    4096,
  )
}

export function decodeSignedRoots(bytes: Uint8Array): Decoded<readonly PlatformRoots[]> {
  return decode(
    bytes,
    (r) => {
      readHead(r, "signed roots")
      return r.vector(
        (v) => ({
          authenticationKey: v.fixed(PUBLIC_KEY_BYTES),
          validationKey: v.fixed(PUBLIC_KEY_BYTES),
          epochs: v.vector(readSealedEpoch, MAX_ROOTS),
        }),
        MAX_PLATFORMS,
      )
    },
    MAX_BYTES,
  )
}
