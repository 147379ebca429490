import { toHex, type Bytes, type Milliseconds } from "@starling/kernel"
import { encode, type Reader, type Writer } from "@starling/wire"

import { readTime, type DeviceKey } from "../identity/device-certificate.ts"
import type { PeerId } from "../identity/peer-id.ts"
import type { GroupMailbox } from "../mailbox/group-mailbox.ts"
import { readGroupMailbox, writeGroupMailbox } from "../mailbox/group-mailbox.ts"
import { bytesOf } from "../record/operation.ts"
import { decodeOwnRow } from "../versioned.ts"
import type { MessageId } from "./content.ts"
import type { Forgone } from "./forgone.ts"
import type { TakenOfDevice } from "./history-budget.ts"
import { readMessageVector, writeMessageVector, type MessageVector } from "./seq-set.ts"

/** What a device knows of the ways of a group's messages; all but the mailboxes is learnt again where it is lost. */
export interface GroupDelivery {
  /** Messages of others that were seen here, and whose authors may know it. */
  readonly read: MessageVector
  /** Messages that were seen here while receipts were off: nobody is told, later either. */
  readonly seenQuietly: MessageVector
  /** Own messages that were seen on other devices, by their word. */
  readonly readers: MessageVector
  readonly breaks: readonly Break[]
  readonly taken: ReadonlyMap<DeviceKey, TakenOfDevice>
  readonly forgone: readonly Forgone[]
  /** Numbers of messages that went out again under later ones, by their author's word, so that nothing is missed under these. */
  readonly superseded: MessageVector
  /** Bytes of ciphertext that are kept for others, by author. */
  readonly keptBytes: ReadonlyMap<DeviceKey, number>
  /** Those that the group used before mailboxes were chosen by records. */
  readonly mailboxes: ReadonlyMap<PeerId, GroupMailbox>
  /** Own messages that a mailbox keeps, and until when. */
  readonly inMailboxes: ReadonlyMap<PeerId, ReadonlyMap<number, Milliseconds>>
}

/** A message that is shown while the one that its author wrote before it is missing. */
export interface Break {
  readonly device: DeviceKey
  readonly seq: number
  readonly message: MessageId
  /** When it was noticed. */
  readonly at: Milliseconds
}

export const NO_DELIVERY: GroupDelivery = {
  read: new Map(),
  seenQuietly: new Map(),
  readers: new Map(),
  breaks: [],
  taken: new Map(),
  forgone: [],
  superseded: new Map(),
  keptBytes: new Map(),
  mailboxes: new Map(),
  inMailboxes: new Map(),
}

/** Version 1 took whatever came into the history; version 2 knew of numbers under which nothing is to be had while it ran. */
const VERSION = 3
const FORMER: readonly number[] = [1, 2]
const NO_BOUND = Number.MAX_SAFE_INTEGER

export function encodeGroupDelivery(delivery: GroupDelivery): Bytes {
  return encode((writer) => {
    writer.uint16(VERSION)
    for (const vector of [delivery.read, delivery.seenQuietly, delivery.readers])
      writeMessageVector(writer, vector, NO_BOUND)
    writer.vector(delivery.breaks, writeBreak)
    writer.vector(delivery.keptBytes, (w, [device, bytes]) => w.fixed(bytesOf(device)).uint64(BigInt(bytes)))
    writer.vector(delivery.mailboxes.values(), writeGroupMailbox)
    writer.vector(delivery.inMailboxes, (w, [peerId, kept]) =>
      w.text(peerId).vector(kept, (inner, [seq, until]) => inner.uint64(BigInt(seq)).uint64(BigInt(until))),
    )
    writer.vector(delivery.taken, writeTaken)
    writer.vector(delivery.forgone, writeForgone)
    writeMessageVector(writer, delivery.superseded, NO_BOUND)
  })
}

export function decodeGroupDelivery(bytes: Uint8Array): GroupDelivery {
  const version = FORMER.find((each) => bytes[0] === 0 && bytes[1] === each) ?? VERSION
  return decodeOwnRow("group's deliveries", bytes, version, (reader) => ({
    read: readMessageVector(reader, NO_BOUND),
    seenQuietly: readMessageVector(reader, NO_BOUND),
    readers: readMessageVector(reader, NO_BOUND),
    breaks: reader.vector(readBreak),
    keptBytes: new Map(reader.vector((r) => [toHex(r.fixed(32)), readTime(r)] as const)),
    mailboxes: new Map(reader.vector(readGroupMailbox).map((mailbox) => [mailbox.peerId, mailbox])),
    inMailboxes: new Map(
      reader.vector((r) => [r.text(128), new Map(r.vector((i) => [readTime(i), readTime(i)] as const))] as const),
    ),
    taken: new Map(version === 1 ? [] : reader.vector(readTaken)),
    forgone: version === 1 ? [] : reader.vector(readForgone),
    superseded: version < VERSION ? new Map() : readMessageVector(reader, NO_BOUND),
  }))
}

function writeBreak(writer: Writer, { device, seq, message, at }: Break): void {
  writer.fixed(bytesOf(device)).uint64(BigInt(seq)).fixed(bytesOf(message)).uint64(BigInt(at))
}

function readBreak(reader: Reader): Break {
  const head = { device: toHex(reader.fixed(32)), seq: readTime(reader) }
  return { ...head, message: toHex(reader.fixed(16)), at: readTime(reader) }
}

function writeTaken(writer: Writer, [device, { messages, bytes, at }]: readonly [DeviceKey, TakenOfDevice]): void {
  writer
    .fixed(bytesOf(device))
    .uint64(BigInt(Math.ceil(messages)))
    .uint64(BigInt(Math.ceil(bytes)))
    .uint64(BigInt(at))
}

function readTaken(reader: Reader): readonly [DeviceKey, TakenOfDevice] {
  const device = toHex(reader.fixed(32))
  return [device, { messages: readTime(reader), bytes: readTime(reader), at: readTime(reader) }]
}

function writeForgone(writer: Writer, { device, count, before }: Forgone): void {
  writer.fixed(bytesOf(device)).uint64(BigInt(count))
  writer.optional(before, (w, message) => w.fixed(bytesOf(message)))
}

function readForgone(reader: Reader): Forgone {
  const head = { device: toHex(reader.fixed(32)), count: readTime(reader) }
  return { ...head, before: reader.optional((r) => toHex(r.fixed(16))) }
}
