import { toHex, type Bytes, type Milliseconds } from "@starling/kernel"
import { encode } from "@starling/wire"

import { MAX_NAME } from "../contacts/name.ts"
import { readTime } from "../identity/device-certificate.ts"
import type { IdentityId } from "../identity/identity-id.ts"
import { MAX_WELCOMES } from "../limits.ts"
import { bytesOf } from "../record/operation.ts"
import { decodeOwnRow } from "../versioned.ts"

/** One inviter's invitation to one group, as it was verified: nothing of it is joined. */
export interface HeldInvitation {
  readonly group: string
  /** SHA-256 of the group's founding, in hexadecimal: all of `welcomes` lead to a group with this one. */
  readonly founding: string
  readonly groupName: string
  readonly from: IdentityId
  /** As the group knows the inviter; empty where it does not. */
  readonly fromName: string
  /** As the inviter's clock had it. */
  readonly at: Milliseconds
  readonly heldAt: Milliseconds
  /**
   * - `open`: it waits for a person's decision.
   * - `joined`: this device came into the group by another member's invitation; these Welcomes are entered too once the
   *   records show that their inviter is a member.
   */
  readonly standing: "open" | "joined"
  /** Several where the inviter committed on several branches. */
  readonly welcomes: readonly HeldWelcome[]
}

export interface HeldWelcome {
  /** The key of the KeyPackage that opens it. */
  readonly keyPackage: string
  /** MLSMessage(Welcome). */
  readonly welcome: Bytes
}

const VERSION = 1
const STANDINGS = ["open", "joined"] as const

/** Invitations of different people are kept apart, so that none can change what another one offered. */
export function invitationKey({ group, from }: Pick<HeldInvitation, "group" | "from">): string {
  return `${group}:${from}`
}

export function encodeHeldInvitation(held: HeldInvitation): Bytes {
  return encode((writer) =>
    writer
      .uint16(VERSION)
      .text(held.group)
      .fixed(bytesOf(held.founding))
      .text(held.groupName)
      .text(held.from)
      .text(held.fromName)
      .uint64(BigInt(held.at))
      .uint64(BigInt(held.heldAt))
      .uint8(STANDINGS.indexOf(held.standing))
      .vector(held.welcomes, (w, { keyPackage, welcome }) => w.fixed(bytesOf(keyPackage)).opaque(welcome)),
  )
}

export function decodeHeldInvitation(bytes: Uint8Array): HeldInvitation {
  return decodeOwnRow("invitation", bytes, VERSION, (reader) => ({
    group: reader.text(64),
    founding: toHex(reader.fixed(32)),
    groupName: reader.text(MAX_NAME),
    from: reader.text(64),
    fromName: reader.text(MAX_NAME),
    at: readTime(reader),
    heldAt: readTime(reader),
    standing: STANDINGS[reader.uint8()] ?? reader.fail("a standing that is none"),
    welcomes: reader.vector((r) => ({ keyPackage: toHex(r.fixed(32)), welcome: r.opaque() }), MAX_WELCOMES),
  }))
}
