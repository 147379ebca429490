import { toHex, type Bytes } from "@starling/kernel"
import { encode, type Reader, type Writer } from "@starling/wire"

import { readTime, type DeviceKey } from "../identity/device-certificate.ts"
import { MAX_DEVICES, MAX_FORGOTTEN, MAX_MAILBOX_WORDS, MAX_NAMED } from "../limits.ts"
import { readGroupMailbox, writeGroupMailbox, type GroupMailbox } from "../mailbox/group-mailbox.ts"
import { readMessageId, type MessageId } from "../message/content.ts"
import { readSealedHand, writeSealedHand, type SealedHand } from "../message/handed-messages.ts"
import { readSignedMessage, writeSignedMessage, type SignedMessage } from "../message/signed-message.ts"
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
  /** Numbers of which `messages` says nothing this time: there were more ranges than fit. None before version 3. */
  readonly untold: MessageVector
  readonly tip: StateId
}

/** What members tell each other since version 2. */
interface Told {
  /** Messages of the other device that were seen on this one, where both take part in receipts. */
  readonly seen: SeqSet
  readonly mailboxes: readonly GroupMailbox[]
  /** Messages of the other device that are shown on this one, those that came last or were asked for. None before version 3. */
  readonly shown: readonly MessageId[]
}

/** Who speaks a former version is answered in it, and neither tells nor hears what came later. */
export type SyncVersion = 1 | 2 | 3 | 4 | 5
export const SYNC_VERSION: SyncVersion = 5

export function versionBefore(version: SyncVersion): SyncVersion {
  return FORMER.findLast((each) => each < version) ?? 1
}

/** How far an exchange has come that takes several answers: what stands before it is not given again in this pass. */
export interface SyncCursor {
  /** Records of the answering device that were looked at, in its own order; of logs that forked alone. */
  readonly records: number
  /** The last message that was looked at; devices are gone through by their keys. Empty before the first one. */
  readonly device: DeviceKey
  readonly seq: number
}

/** An own message of the asker, and the number under which it went out last. */
export interface NamedMessage {
  readonly seq: number
  readonly id: MessageId
}

/** Direct protocol `sync`: "this is what I hold". */
export interface SyncRequest extends Holdings, Told {
  readonly version: SyncVersion
  readonly group: Bytes
  /** Asked because the other one's request showed that it holds more: it does not ask back again. */
  readonly inTurn: boolean
  /** Messages that were none of the asker's business when it joined, by the word of who invited it. It may not hold them. */
  readonly past: MessageVector
  /** Own messages that the other one is not known to show. None before version 3. */
  readonly named: readonly NamedMessage[]
  /** Where the answer before this one ended. */
  readonly after: SyncCursor | undefined
  /** Messages that came and could not be opened: of no use to the asker as ciphertext. None before version 4. */
  readonly unopened: MessageVector
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
  /** Messages of the asker's own of which it seems to know nothing: from version 5 on among those `handed`. */
  readonly forgotten: readonly SignedMessage[]
  /** Where to go on, from version 3 on. */
  readonly next: SyncCursor | undefined
  /** Messages for which there is no ciphertext, or none that the asker can open, and its own that it forgot. None before version 4. */
  readonly handed: SealedHand | undefined
  /** Numbers that the asker lacks, of messages that went out again under later ones, by their author's word. None before version 4. */
  readonly superseded: MessageVector
  /** Numbers that the asker lacks, of messages of the answering device that it shows under other ones. None before version 4. */
  readonly doubles: SeqSet
  /** Out, and invited: a person decides there whether it comes in again. Before version 5 nobody says that it is not. */
  readonly invited: boolean
}

export function encodeSyncRequest(request: SyncRequest): Bytes {
  return encode((writer) => {
    writer
      .uint16(request.version)
      .fixed(request.group)
      .uint8(request.inTurn ? 1 : 0)
    writeHoldings(writer, request, request.version)
    writeMessageVector(writer, request.past)
    if (request.version > 1) writeTold(writer, request, request.version)
    if (request.version < 3) return
    writer.vector(request.named, (w, { seq, id }) => w.uint64(BigInt(seq)).fixed(bytesOf(id)))
    writer.optional(request.after, writeCursor)
    if (request.version > 3) writeMessageVector(writer, request.unopened)
  })
}

export function decodeSyncRequest(bytes: Uint8Array): Versioned<SyncRequest> {
  return decodeEither(bytes, (reader, version) => {
    const head = { version, group: reader.fixed(16), inTurn: readFlag(reader) }
    const told = { ...readHoldings(reader, version), past: readMessageVector(reader), ...readTold(reader, version) }
    if (version < 3) return { ...head, ...told, named: [], after: undefined, unopened: new Map() }
    const named = reader.vector((r) => ({ seq: readSeq(r), id: readMessageId(r) }), MAX_NAMED)
    const after = reader.optional(readCursor)
    return { ...head, ...told, named, after, unopened: version > 3 ? readMessageVector(reader) : new Map() }
  })
}

export function encodeSyncAnswer(answer: SyncAnswer): Bytes {
  return encode((writer) => {
    writeHoldings(writer.uint16(answer.version), answer, answer.version)
    writer.vector(answer.recordBytes, (w, bytes) => w.opaque(bytes))
    writer.vector(answer.messageBytes, (w, bytes) => w.opaque(bytes))
    writer.uint8(answer.more ? 1 : 0).uint8(answer.out ? 1 : 0)
    if (answer.version > 1) {
      writeMessageVector(writer, answer.notYours)
      writeTold(writer, answer, answer.version)
    }
    if (answer.version === 3 || answer.version === 4) writer.vector(answer.forgotten, writeSignedMessage)
    if (answer.version > 2) writer.optional(answer.next, writeCursor)
    if (answer.version < 4) return
    writer.optional(answer.handed, writeSealedHand)
    writeMessageVector(writer, answer.superseded)
    writeSeqSet(writer, answer.doubles)
    if (answer.version > 4) writer.uint8(answer.invited ? 1 : 0)
  }, 4096)
}

export function decodeSyncAnswer(bytes: Uint8Array): Versioned<SyncAnswer> {
  return decodeEither(bytes, (reader, version) => ({
    version,
    ...readHoldings(reader, version),
    recordBytes: reader.vector((r) => r.opaque(MAX_RECORD)),
    messageBytes: reader.vector((r) => r.opaque(MAX_SEALED)),
    more: readFlag(reader),
    out: readFlag(reader),
    notYours: version > 1 ? readMessageVector(reader) : new Map(),
    ...readTold(reader, version),
    forgotten: version === 3 || version === 4 ? reader.vector(readSignedMessage, MAX_FORGOTTEN) : [],
    next: version > 2 ? reader.optional(readCursor) : undefined,
    handed: version > 3 ? reader.optional(readSealedHand) : undefined,
    superseded: version > 3 ? readMessageVector(reader) : new Map(),
    doubles: version > 3 ? readSeqSet(reader) : [],
    invited: version > 4 ? readFlag(reader) : true,
  }))
}

function decodeEither<T>(bytes: Uint8Array, read: (reader: Reader, version: SyncVersion) => T): Versioned<T> {
  const version = FORMER.find((each) => bytes[0] === 0 && bytes[1] === each) ?? SYNC_VERSION
  return decodeVersioned(bytes, version, MAX_DIRECT_BYTES, (reader) => read(reader, version))
}

const FORMER: readonly SyncVersion[] = [1, 2, 3, 4]

function writeTold(writer: Writer, { seen, mailboxes, shown }: Told, version: SyncVersion): void {
  writeSeqSet(writer, seen)
  writer.vector(mailboxes, writeGroupMailbox)
  if (version > 2) writer.vector(shown, (w, id) => w.fixed(bytesOf(id)))
}

function readTold(reader: Reader, version: SyncVersion): Told {
  if (version === 1) return { seen: [], mailboxes: [], shown: [] }
  const told = { seen: readSeqSet(reader), mailboxes: reader.vector(readGroupMailbox, MAX_MAILBOX_WORDS) }
  return { ...told, shown: version > 2 ? reader.vector(readMessageId, MAX_NAMED) : [] }
}

function writeHoldings(writer: Writer, holdings: Holdings, version: SyncVersion): void {
  writer.fixed(bytesOf(holdings.tip))
  writer.vector(holdings.records, (w, [device, { length, head }]) =>
    w.fixed(bytesOf(device)).uint64(BigInt(length)).fixed(bytesOf(head)),
  )
  writeMessageVector(writer, holdings.messages)
  if (version > 2) writeMessageVector(writer, holdings.untold)
}

function readHoldings(reader: Reader, version: SyncVersion): Holdings {
  return {
    tip: toHex(reader.fixed(32)),
    records: new Map(reader.vector((r) => [toHex(r.fixed(32)), readLogHead(r)] as const, MAX_DEVICES)),
    messages: readMessageVector(reader),
    untold: version > 2 ? readMessageVector(reader) : new Map(),
  }
}

function writeCursor(writer: Writer, { records, device, seq }: SyncCursor): void {
  writer.uint64(BigInt(records)).optional(device === "" ? undefined : device, (w, key) => w.fixed(bytesOf(key)))
  writer.uint64(BigInt(seq))
}

function readCursor(reader: Reader): SyncCursor {
  const records = readTime(reader)
  return { records, device: reader.optional((r) => toHex(r.fixed(32))) ?? "", seq: readTime(reader) }
}

function readLogHead(reader: Reader): LogHead {
  return { length: readSeq(reader), head: toHex(reader.fixed(32)) }
}

function readFlag(reader: Reader): boolean {
  const flag = reader.uint8()
  return flag > 1 ? reader.fail("a flag that is neither 0 nor 1") : flag === 1
}
