import type { Bytes } from "@starling/kernel"
import { applicationSignatureIsValid } from "@starling/mls"
import type { Reader, Writer } from "@starling/wire"

import type { Group } from "../group/group.ts"
import { readTime } from "../identity/device-certificate.ts"
import type { Turn } from "../peer/turn.ts"
import { readSeq } from "../record/record.ts"
import { MAX_CONTENT } from "./content.ts"
import { messageAuthenticatedData } from "./sealed-message.ts"

/** A message of the device that it is given to, with all that it signed then: it need not believe anybody else. */
export interface ForgottenMessage {
  readonly seq: number
  readonly epoch: number
  readonly leafIndex: number
  /** GroupContext of the epoch. */
  readonly contextBytes: Bytes
  /** The content. */
  readonly data: Bytes
  readonly signature: Bytes
}

const MAX_CONTEXT = 16 * 1024

/** Whether this device sent the message in this group, under this very number. */
export function isOwnMessage({ crypto, own }: Turn, { id }: Group, message: ForgottenMessage): boolean {
  return applicationSignatureIsValid(crypto, own.certificate.signatureKey, {
    ...message,
    groupId: id,
    epoch: BigInt(message.epoch),
    authenticatedData: messageAuthenticatedData(own.device, message.seq),
  })
}

export function writeForgottenMessage(writer: Writer, message: ForgottenMessage): void {
  writer.uint64(BigInt(message.seq)).uint64(BigInt(message.epoch)).uint32(message.leafIndex)
  writer.opaque(message.contextBytes).opaque(message.data).opaque(message.signature)
}

export function readForgottenMessage(reader: Reader): ForgottenMessage {
  const head = { seq: readSeq(reader), epoch: readTime(reader), leafIndex: reader.uint32() }
  const tail = { contextBytes: reader.opaque(MAX_CONTEXT), data: reader.opaque(MAX_CONTENT) }
  return { ...head, ...tail, signature: reader.opaque(64) }
}
