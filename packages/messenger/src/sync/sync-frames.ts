import { toHex, type Bytes } from "@starling/kernel"
import { encode, type Reader, type Writer } from "@starling/wire"

import { MAX_DEVICES, MAX_MAILBOX_WORDS } from "../limits.ts"
import { readGroupMailbox, writeGroupMailbox, type GroupMailbox } from "../mailbox/group-mailbox.ts"
import { MAX_SEALED } from "../message/sealed-message.ts"
import { readMessageVector, readSeqSet, writeMessageVector, writeSeqSet } from "../message/seq-set.ts"
import type { MessageVector, SeqSet } from "../message/seq-set.ts"
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

/** What members tell each other since version 2. */
interface Told {
  /** Messages of the other device that were seen on this one, where both take part in receipts. */
  readonly seen: SeqSet
  readonly mailboxes: readonly GroupMailbox[]
}

/** Who speaks version 1 is answered in it, and neither tells nor hears what came with version 2. */
export type SyncVersion = 1 | 2

/** Direct protocol `sync`: "this is what I hold". */
export interface SyncRequest extends Holdings, Told {
  readonly version: SyncVersion
  readonly group: Bytes
  /** Asked because the other one's request showed that it holds more: it does not ask back again. */
  readonly inTurn: boolean
  /** Messages that were none of the asker's business when it joined, by the word of who invited it. It may not hold them. */
  readonly past: MessageVector
}

/** "This is what I hold, and this is what you lack." */
export interface SyncAnswer extends Holdings, Told {
  readonly version: SyncVersion
  /** In an order in which each can be understood after the ones before. */
  readonly recordBytes: readonly Bytes[]
  readonly messageBytes: readonly Bytes[]
  /** There is more than fits into one answer. */
  readonly more: boolean
  /** The answering device was a member up to `tip`, and has deleted its keys since. */
  readonly out: boolean
  /** Messages that the asker lacks and that were never for it. */
  readonly notYours: MessageVector
}

export function encodeSyncRequest(request: SyncRequest): Bytes {
  return encode((writer) => {
    writer
      .uint16(request.version)
      .fixed(request.group)
      .uint8(request.inTurn ? 1 : 0)
    writeHoldings(writer, request)
    writeMessageVector(writer, request.past)
    if (request.version > 1) writeTold(writer, request)
  })
}

export function decodeSyncRequest(bytes: Uint8Array): Versioned<SyncRequest> {
  return decodeEither(bytes, (reader, version) => {
    const head = { version, group: reader.fixed(16), inTurn: readFlag(reader) }
    return { ...head, ...readHoldings(reader), past: readMessageVector(reader), ...readTold(reader, version) }
  })
}

export function encodeSyncAnswer(answer: SyncAnswer): Bytes {
  return encode((writer) => {
    writeHoldings(writer.uint16(answer.version), answer)
    writer.vector(answer.recordBytes, (w, bytes) => w.opaque(bytes))
    writer.vector(answer.messageBytes, (w, bytes) => w.opaque(bytes))
    writer.uint8(answer.more ? 1 : 0).uint8(answer.out ? 1 : 0)
    if (answer.version > 1) {
      writeMessageVector(writer, answer.notYours)
      writeTold(writer, answer)
    }
  }, 4096)
}

export function decodeSyncAnswer(bytes: Uint8Array): Versioned<SyncAnswer> {
  return decodeEither(bytes, (reader, version) => ({
    version,
    ...readHoldings(reader),
    recordBytes: reader.vector((r) => r.opaque(MAX_RECORD)),
    messageBytes: reader.vector((r) => r.opaque(MAX_SEALED)),
    more: readFlag(reader),
    out: readFlag(reader),
    notYours: version > 1 ? readMessageVector(reader) : new Map(),
    ...readTold(reader, version),
  }))
}

function decodeEither<T>(bytes: Uint8Array, read: (reader: Reader, version: SyncVersion) => T): Versioned<T> {
  const former = bytes[0] === 0 && bytes[1] === 1
  const version = former ? 1 : 2
  return decodeVersioned(bytes, version, MAX_DIRECT_BYTES, (reader) => read(reader, version))
}

function writeTold(writer: Writer, { seen, mailboxes }: Told): void {
  writeSeqSet(writer, seen)
  writer.vector(mailboxes, writeGroupMailbox)
}

function readTold(reader: Reader, version: SyncVersion): Told {
  if (version === 1) return { seen: [], mailboxes: [] }
  return { seen: readSeqSet(reader), mailboxes: reader.vector(readGroupMailbox, MAX_MAILBOX_WORDS) }
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
