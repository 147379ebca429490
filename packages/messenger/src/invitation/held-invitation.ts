import type { Bytes, Milliseconds } from "@starling/kernel"
import { encode } from "@starling/wire"

import { MAX_NAME } from "../contacts/name.ts"
import { readTime } from "../identity/device-certificate.ts"
import type { IdentityId } from "../identity/identity-id.ts"
import { MAX_WELCOMES } from "../limits.ts"
import { decodeOwnRow } from "../versioned.ts"

/** An invitation that waits for a person's decision: verified, and nothing joined. */
export interface HeldInvitation {
  readonly group: string
  readonly groupName: string
  readonly from: IdentityId
  /** As the group knows the inviter; empty where it does not. */
  readonly fromName: string
  readonly at: Milliseconds
  /** Several where members invited concurrently. */
  readonly welcomes: readonly Bytes[]
}

const VERSION = 1

export function encodeHeldInvitation(held: HeldInvitation): Bytes {
  return encode((writer) =>
    writer
      .uint16(VERSION)
      .text(held.group)
      .text(held.groupName)
      .text(held.from)
      .text(held.fromName)
      .uint64(BigInt(held.at))
      .vector(held.welcomes, (w, welcome) => w.opaque(welcome)),
  )
}

export function decodeHeldInvitation(bytes: Uint8Array): HeldInvitation {
  return decodeOwnRow("invitation", bytes, VERSION, (reader) => ({
    group: reader.text(64),
    groupName: reader.text(MAX_NAME),
    from: reader.text(64),
    fromName: reader.text(MAX_NAME),
    at: readTime(reader),
    welcomes: reader.vector((r) => r.opaque(), MAX_WELCOMES),
  }))
}
