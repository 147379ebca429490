import { toHex, type Bytes, type Milliseconds } from "@starling/kernel"
import { encode } from "@starling/wire"

import { readTime } from "../identity/device-certificate.ts"
import type { IdentityId } from "../identity/identity-id.ts"
import type { PeerId } from "../identity/peer-id.ts"
import { bytesOf, type StateId } from "../record/operation.ts"
import { decodeOwnRow, isFirstVersion } from "../versioned.ts"

/** An Invitation that its invitee has not acknowledged. */
export interface OutboxEntry {
  readonly group: string
  readonly identity: IdentityId
  readonly peerId: PeerId
  /** The encoded frame. */
  readonly invitation: Bytes
  /** The state that it leads to; `undefined` in a row of version 1. */
  readonly sid: StateId | undefined
  /** Made by another member, and kept for the case that the invitee meets this device first. */
  readonly carried: boolean
  readonly attempts: number
  readonly nextAt: Milliseconds
}

const VERSION = 2

export function encodeOutboxEntry(entry: OutboxEntry): Bytes {
  return encode((writer) =>
    writer
      .uint16(VERSION)
      .text(entry.group)
      .text(entry.identity)
      .text(entry.peerId)
      .opaque(entry.invitation)
      .optional(entry.sid, (w, sid) => w.fixed(bytesOf(sid)))
      .uint8(entry.carried ? 1 : 0)
      .uint64(BigInt(entry.attempts))
      .uint64(BigInt(entry.nextAt)),
  )
}

export function decodeOutboxEntry(bytes: Uint8Array): OutboxEntry {
  const isFirst = isFirstVersion(bytes)
  return decodeOwnRow("invitation to be sent", bytes, isFirst ? 1 : VERSION, (reader) => ({
    group: reader.text(64),
    identity: reader.text(64),
    peerId: reader.text(256),
    invitation: reader.opaque(),
    sid: isFirst ? undefined : reader.optional((r) => toHex(r.fixed(32))),
    carried: !isFirst && reader.uint8() === 1,
    attempts: readTime(reader),
    nextAt: readTime(reader),
  }))
}
