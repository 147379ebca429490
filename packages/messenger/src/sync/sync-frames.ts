import { toHex, type Bytes } from "@starling/kernel"
import { encode, type Reader, type Writer } from "@starling/wire"

import { MAX_DEVICES } from "../limits.ts"
import { MAX_SEALED } from "../message/sealed-message.ts"
import { readMessageVector, writeMessageVector, type MessageVector } from "../message/seq-set.ts"
import { MAX_DIRECT_BYTES } from "../ports/transport.ts"
import { bytesOf, type StateId } from "../record/operation.ts"
import { MAX_RECORD, readSeq } from "../record/record.ts"
import type { LogHead, RecordVector } from "../record/record-log.ts"
import { decodeVersioned, type Versioned } from "../versioned.ts"

/** What a member holds of a group. */
export interface Holdings {
  readonly records: RecordVector
  readonly messages: MessageVector
  readonly tip: StateId
}

/** Direct protocol `sync`: "this is what I hold". */
export interface SyncRequest extends Holdings {
  readonly group: Bytes
  /** Asked because the other one's request showed that it holds more: it does not ask back again. */
  readonly inTurn: boolean
  /** Messages that were none of the asker's business when it joined, by the word of who invited it. It may not hold them. */
  readonly past: MessageVector
}

/** "This is what I hold, and this is what you lack." */
export interface SyncAnswer extends Holdings {
  /** In an order in which each can be understood after the ones before. */
  readonly recordBytes: readonly Bytes[]
  readonly messageBytes: readonly Bytes[]
  /** There is more than fits into one answer. */
  readonly more: boolean
  /** The answering device was a member up to `tip`, and has deleted its keys since. */
  readonly out: boolean
}

const VERSION = 1

export function encodeSyncRequest(request: SyncRequest): Bytes {
  return encode((writer) => {
    writer
      .uint16(VERSION)
      .fixed(request.group)
      .uint8(request.inTurn ? 1 : 0)
    writeHoldings(writer, request)
    writeMessageVector(writer, request.past)
  })
}

export function decodeSyncRequest(bytes: Uint8Array): Versioned<SyncRequest> {
  return decodeVersioned(bytes, VERSION, MAX_DIRECT_BYTES, (reader) => {
    const head = { group: reader.fixed(16), inTurn: readFlag(reader) }
    return { ...head, ...readHoldings(reader), past: readMessageVector(reader) }
  })
}

export function encodeSyncAnswer(answer: SyncAnswer): Bytes {
  return encode((writer) => {
    writeHoldings(writer.uint16(VERSION), answer)
    writer.vector(answer.recordBytes, (w, bytes) => w.opaque(bytes))
    writer.vector(answer.messageBytes, (w, bytes) => w.opaque(bytes))
    writer.uint8(answer.more ? 1 : 0).uint8(answer.out ? 1 : 0)
  }, 4096)
}

export function decodeSyncAnswer(bytes: Uint8Array): Versioned<SyncAnswer> {
  return decodeVersioned(bytes, VERSION, MAX_DIRECT_BYTES, (reader) => ({
    ...readHoldings(reader),
    recordBytes: reader.vector((r) => r.opaque(MAX_RECORD)),
    messageBytes: reader.vector((r) => r.opaque(MAX_SEALED)),
    more: readFlag(reader),
    out: readFlag(reader),
  }))
}

function writeHoldings(writer: Writer, holdings: Holdings): void {
  writer.fixed(bytesOf(holdings.tip))
  writer.vector(holdings.records, (w, [device, { length, head }]) =>
    w.fixed(bytesOf(device)).uint64(BigInt(length)).fixed(bytesOf(head)),
  )
  writeMessageVector(writer, holdings.messages)
}

function readHoldings(reader: Reader): Holdings {
  return {
    tip: toHex(reader.fixed(32)),
    records: new Map(reader.vector((r) => [toHex(r.fixed(32)), readLogHead(r)] as const, MAX_DEVICES)),
    messages: readMessageVector(reader),
  }
}

function readLogHead(reader: Reader): LogHead {
  return { length: readSeq(reader), head: toHex(reader.fixed(32)) }
}

function readFlag(reader: Reader): boolean {
  const flag = reader.uint8()
  return flag > 1 ? reader.fail("a flag that is neither 0 nor 1") : flag === 1
}
