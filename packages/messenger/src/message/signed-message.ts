import { equalBytes, type Bytes } from "@starling/kernel"
import { applicationSignatureIsValid, readGroupContext, type CryptoProvider } from "@starling/mls"
import { decode, type Reader, type Writer } from "@starling/wire"

import type { ForestNode } from "../group/forest-node.ts"
import { stateIdOf } from "../group/group-id.ts"
import type { Group } from "../group/group.ts"
import { readTime, type DeviceKey } from "../identity/device-certificate.ts"
import type { Turn } from "../peer/turn.ts"
import { bytesOf } from "../record/operation.ts"
import { readSeq } from "../record/record.ts"
import { MAX_CONTENT } from "./content.ts"
import { messageAuthenticatedData } from "./sealed-message.ts"

/** A message with all that its author signed: whoever is given it need not believe anybody else. */
export interface SignedMessage {
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

/** Whether the device sent the message in this group, under this very number. */
export function isSignedBy({ crypto }: Turn, { id }: Group, device: DeviceKey, message: SignedMessage): boolean {
  return applicationSignatureIsValid(crypto, bytesOf(device), {
    ...message,
    groupId: id,
    epoch: BigInt(message.epoch),
    authenticatedData: messageAuthenticatedData(device, message.seq),
  })
}

/** The state that the message was said in, by what its author signed; `undefined` where it is none of the group's that leads anywhere. */
export function stateSignedIn(
  crypto: CryptoProvider,
  { id, forest }: Group,
  { contextBytes, epoch }: SignedMessage,
): ForestNode | undefined {
  const context = decode(contextBytes, readGroupContext)
  if (context.kind !== "ok" || !equalBytes(context.value.groupId, id)) return undefined
  const node = forest.get(stateIdOf(crypto, context.value))
  return node?.epoch === epoch && node.standing.kind !== "invalid" ? node : undefined
}

export function writeSignedMessage(writer: Writer, message: SignedMessage): void {
  writer.uint64(BigInt(message.seq)).uint64(BigInt(message.epoch)).uint32(message.leafIndex)
  writer.opaque(message.contextBytes).opaque(message.data).opaque(message.signature)
}

export function readSignedMessage(reader: Reader): SignedMessage {
  const head = { seq: readSeq(reader), epoch: readTime(reader), leafIndex: reader.uint32() }
  const tail = { contextBytes: reader.opaque(MAX_CONTEXT), data: reader.opaque(MAX_CONTENT) }
  return { ...head, ...tail, signature: reader.opaque(64) }
}
