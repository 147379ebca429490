import type { Bytes } from "@starling/kernel"
import { encode, type Reader, type Writer } from "@starling/wire"

import { readExtensions, writeExtensions, type Extension } from "./extension.ts"

/** RFC 9420, 8.1: what all members of an epoch agree on. */
export interface GroupContext {
  readonly version: number
  readonly ciphersuite: number
  readonly groupId: Bytes
  readonly epoch: bigint
  readonly treeHash: Bytes
  readonly confirmedTranscriptHash: Bytes
  readonly extensions: readonly Extension[]
}

export function encodeGroupContext(context: GroupContext): Bytes {
  return encode((w) => writeGroupContext(w, context))
}

export function writeGroupContext(writer: Writer, context: GroupContext): void {
  writer.uint16(context.version).uint16(context.ciphersuite).opaque(context.groupId).uint64(context.epoch)
  writer.opaque(context.treeHash).opaque(context.confirmedTranscriptHash)
  writeExtensions(writer, context.extensions)
}

export function readGroupContext(reader: Reader): GroupContext {
  return {
    version: reader.uint16(),
    ciphersuite: reader.uint16(),
    groupId: reader.opaque(),
    epoch: reader.uint64(),
    treeHash: reader.opaque(),
    confirmedTranscriptHash: reader.opaque(),
    extensions: readExtensions(reader),
  }
}
