import { toHex, type Bytes } from "@starling/kernel"
import { encode } from "@starling/wire"

import type { DeviceKey } from "../identity/device-certificate.ts"
import { MAX_TEXT } from "../limits.ts"
import { bytesOf, type StateId } from "../record/operation.ts"
import { readSeq } from "../record/record.ts"
import { decodeVersioned, type Versioned } from "../versioned.ts"

/** A message as members keep it for each other: the MLS ciphertext, and what is needed to find its key. */
export interface SealedMessage {
  readonly device: DeviceKey
  /** Counts the device's messages in this group, from 1, whatever branch they were sent on. */
  readonly seq: number
  /** The state that it was encrypted in. */
  readonly sid: StateId
  /** MLSMessage(PrivateMessage). */
  readonly mls: Bytes
}

const VERSION = 1
export const MAX_SEALED = MAX_TEXT + 4096

export function encodeSealedMessage(message: SealedMessage): Bytes {
  return encode((writer) =>
    writer
      .uint16(VERSION)
      .fixed(bytesOf(message.device))
      .uint64(BigInt(message.seq))
      .fixed(bytesOf(message.sid))
      .opaque(message.mls),
  )
}

export function decodeSealedMessage(bytes: Uint8Array): Versioned<SealedMessage> {
  return decodeVersioned(bytes, VERSION, MAX_SEALED, (reader) => ({
    device: toHex(reader.fixed(32)),
    seq: readSeq(reader),
    sid: toHex(reader.fixed(32)),
    mls: reader.opaque(MAX_SEALED),
  }))
}

/** `authenticated_data` of the PrivateMessage: the header is believed only where the MLS signature covers it. */
export function messageAuthenticatedData(device: DeviceKey, seq: number): Bytes {
  return encode((writer) => writer.uint16(VERSION).fixed(bytesOf(device)).uint64(BigInt(seq)))
}
