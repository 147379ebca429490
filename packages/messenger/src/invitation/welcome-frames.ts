import { toBase32, toHex, type Bytes } from "@starling/kernel"
import { encode, type Reader, type Writer } from "@starling/wire"

import { identityBytes, type IdentityId } from "../identity/identity-id.ts"
import { MAX_CARRIED } from "../limits.ts"
import { MAX_DIRECT_BYTES } from "../ports/transport.ts"
import { bytesOf, type StateId } from "../record/operation.ts"
import { decodeVersioned, type Versioned } from "../versioned.ts"
import { MAX_INVITATION } from "./invitation-frame.ts"

/** Whom somebody's commit added, and the state that it led to. */
export interface Newcomer {
  readonly identity: IdentityId
  readonly sid: StateId
}

/** Direct protocol `welcomes`: "give me these to carry". */
export interface WelcomesRequest {
  readonly group: Bytes
  readonly newcomers: readonly Newcomer[]
}
/** Of those the ones that the answerer holds and that were not acknowledged. */
export interface WelcomesAnswer {
  readonly carried: readonly CarriedWelcome[]
}
export interface CarriedWelcome extends Newcomer {
  /** An Invitation frame as its inviter made it. */
  readonly invitation: Bytes
}

const VERSION = 1
const MAX_REQUEST = 32 + 64 * MAX_CARRIED

export function encodeWelcomesRequest({ group, newcomers }: WelcomesRequest): Bytes {
  return encode((writer) => writer.uint16(VERSION).fixed(group).vector(newcomers, writeNewcomer))
}

export function decodeWelcomesRequest(bytes: Uint8Array): Versioned<WelcomesRequest> {
  return decodeVersioned(bytes, VERSION, MAX_REQUEST, (reader) => ({
    group: reader.fixed(16),
    newcomers: reader.vector(readNewcomer, MAX_CARRIED),
  }))
}

export function encodeWelcomesAnswer({ carried }: WelcomesAnswer): Bytes {
  return encode((writer) =>
    writer.uint16(VERSION).vector(carried, (w, each) => {
      writeNewcomer(w, each)
      w.opaque(each.invitation)
    }),
  )
}

export function decodeWelcomesAnswer(bytes: Uint8Array): Versioned<WelcomesAnswer> {
  return decodeVersioned(bytes, VERSION, MAX_DIRECT_BYTES, (reader) => ({
    carried: reader.vector((r) => ({ ...readNewcomer(r), invitation: r.opaque(MAX_INVITATION) }), MAX_CARRIED),
  }))
}

function writeNewcomer(writer: Writer, { identity, sid }: Newcomer): void {
  writer.fixed(identityBytes(identity)).fixed(bytesOf(sid))
}

function readNewcomer(reader: Reader): Newcomer {
  return { identity: toBase32(reader.fixed(32)), sid: toHex(reader.fixed(32)) }
}
