import type { Bytes, Milliseconds } from "@starling/kernel"
import { encode } from "@starling/wire"

import { readTime } from "../identity/device-certificate.ts"
import { decodeVersioned, type Versioned } from "../versioned.ts"

/**
 * Direct protocol `invitation`, and the same on the invitee's own topic. Which group it is to, and who invites, stands
 * inside the Welcome alone, where nobody on the way can read it.
 */
export interface InvitationFrame {
  /** As the inviter's clock had it. */
  readonly at: Milliseconds
  /** MLSMessage(Welcome) with the ratchet tree. */
  readonly welcome: Bytes
}

const VERSION = 1
export const MAX_INVITATION = 500 * 1024

export function encodeInvitation(invitation: InvitationFrame): Bytes {
  return encode((writer) => writer.uint16(VERSION).uint64(BigInt(invitation.at)).opaque(invitation.welcome))
}

export function decodeInvitation(bytes: Uint8Array): Versioned<InvitationFrame> {
  return decodeVersioned(bytes, VERSION, MAX_INVITATION, (reader) => ({
    at: readTime(reader),
    welcome: reader.opaque(MAX_INVITATION),
  }))
}
