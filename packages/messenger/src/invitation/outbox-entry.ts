import type { Bytes, Milliseconds } from "@starling/kernel"
import { encode } from "@starling/wire"

import { readTime } from "../identity/device-certificate.ts"
import type { IdentityId } from "../identity/identity-id.ts"
import type { PeerId } from "../identity/peer-id.ts"
import { decodeOwnRow } from "../versioned.ts"

/** An Invitation that its invitee has not acknowledged. */
export interface OutboxEntry {
  readonly group: string
  readonly identity: IdentityId
  readonly peerId: PeerId
  /** The encoded frame. */
  readonly invitation: Bytes
  readonly attempts: number
  readonly nextAt: Milliseconds
}

const VERSION = 1

export function encodeOutboxEntry(entry: OutboxEntry): Bytes {
  return encode((writer) =>
    writer
      .uint16(VERSION)
      .text(entry.group)
      .text(entry.identity)
      .text(entry.peerId)
      .opaque(entry.invitation)
      .uint64(BigInt(entry.attempts))
      .uint64(BigInt(entry.nextAt)),
  )
}

export function decodeOutboxEntry(bytes: Uint8Array): OutboxEntry {
  return decodeOwnRow("invitation to be sent", bytes, VERSION, (reader) => ({
    group: reader.text(64),
    identity: reader.text(64),
    peerId: reader.text(256),
    invitation: reader.opaque(),
    attempts: readTime(reader),
    nextAt: readTime(reader),
  }))
}
