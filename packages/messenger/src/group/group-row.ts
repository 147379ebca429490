import { assertNever, toHex, type Bytes } from "@starling/kernel"
import type { CryptoProvider } from "@starling/mls"
import { encode, type Reader, type Writer } from "@starling/wire"

import { readTime } from "../identity/device-certificate.ts"
import { readMessageVector, readSeqSet, writeMessageVector, writeSeqSet } from "../message/seq-set.ts"
import { StoreError } from "../ports/store.ts"
import { bytesOf } from "../record/operation.ts"
import { decodeOwnRow, isFirstVersion } from "../versioned.ts"
import type { GroupPhase } from "../view/group-view.ts"
import { decodeFounding, encodeFounding } from "./group-extensions.ts"
import type { Group, Healing, SentMessage } from "./group.ts"

/** The part of a group that follows from nothing else. */
export type GroupRow = Pick<
  Group,
  | "id"
  | "founding"
  | "phase"
  | "hidden"
  | "entries"
  | "knownAtEntry"
  | "healing"
  | "restoredIn"
  | "sentCount"
  | "held"
  | "past"
  | "acks"
  | "sent"
  | "shownCount"
  | "unread"
  | "last"
  | "seen"
>

/** Version 1 knew nothing of restored devices; messages that were sent stood in versions 1 and 2, and have rows of their own since. */
const VERSION = 3
/** Version 1 forgot the numbers of what a restored device sent again. */
const SENT_VERSION = 2
const FORMER: readonly number[] = [1, 2]
const PHASES: readonly GroupPhase[] = ["active", "leaving", "left", "removed"]
const NO_BOUND = Number.MAX_SAFE_INTEGER

export function encodeGroupRow(group: Omit<GroupRow, "sent">): Bytes {
  return encode((writer) => {
    writer.uint16(VERSION).fixed(group.id).opaque(encodeFounding(group.founding))
    writer.uint8(PHASES.indexOf(group.phase)).uint8(group.hidden ? 1 : 0)
    writer.vector(group.entries, (w, sid) => w.fixed(bytesOf(sid)))
    writer.vector(group.knownAtEntry, (w, hash) => w.fixed(bytesOf(hash)))
    writer.optional(group.healing, writeHealing)
    writer.optional(group.restoredIn, (w, sid) => w.fixed(bytesOf(sid)))
    writeNumber(writer, group.sentCount)
    writeMessageVector(writer, group.held, NO_BOUND)
    writeMessageVector(writer, group.past, NO_BOUND)
    writeMessageVector(writer, group.acks, NO_BOUND)
    writeNumber(writer, group.shownCount)
    writeNumber(writer, group.unread)
    writer.optional(group.last, (w, last) => w.text(last.from).text(last.text).uint64(BigInt(last.at)))
    writer.vector(group.seen, (w, device) => w.fixed(bytesOf(device)))
  })
}

export function decodeGroupRow(crypto: CryptoProvider, bytes: Uint8Array): GroupRow {
  const version = FORMER.find((each) => bytes[0] === 0 && bytes[1] === each) ?? VERSION
  return decodeOwnRow("group", bytes, version, (reader) => {
    const id = reader.fixed(16)
    const founding = decodeFounding(crypto, reader.opaque())
    if (founding.kind !== "ok") throw new StoreError("corrupt", "a group whose founding can't be read")
    return {
      id,
      founding: founding.value,
      phase: PHASES[reader.uint8()] ?? reader.fail("a phase that is none"),
      hidden: reader.uint8() === 1,
      entries: reader.vector((r) => toHex(r.fixed(32))),
      knownAtEntry: reader.vector((r) => toHex(r.fixed(32))),
      healing: reader.optional(readHealing),
      restoredIn: version === 1 ? undefined : reader.optional((r) => toHex(r.fixed(32))),
      sentCount: readTime(reader),
      held: readMessageVector(reader, NO_BOUND),
      past: readMessageVector(reader, NO_BOUND),
      acks: readMessageVector(reader, NO_BOUND),
      sent: version < VERSION ? reader.vector(readFirstSent) : [],
      shownCount: readTime(reader),
      unread: readTime(reader),
      last: reader.optional((r) => ({ from: r.text(64), text: r.text(NO_BOUND), at: readTime(r) })),
      seen: new Set(reader.vector((r) => toHex(r.fixed(32)))),
    }
  })
}

export function encodeSentRow(sent: SentMessage): Bytes {
  return encode((writer) => {
    writer.uint16(SENT_VERSION)
    writeSent(writer, sent)
  })
}

export function decodeSentRow(bytes: Uint8Array): SentMessage {
  return isFirstVersion(bytes)
    ? decodeOwnRow("sent message", bytes, 1, readFirstSent)
    : decodeOwnRow("sent message", bytes, SENT_VERSION, readSent)
}

function writeNumber(writer: Writer, value: number): void {
  writer.uint64(BigInt(value))
}

function writeHealing(writer: Writer, healing: Healing): void {
  switch (healing.kind) {
    case "wanted":
      writer.uint8(1)
      return
    case "done":
      writer.uint8(2).fixed(bytesOf(healing.sid)).uint64(BigInt(healing.at))
      return
    default:
      assertNever(healing)
  }
}

function readHealing(reader: Reader): Healing {
  if (reader.uint8() === 1) return { kind: "wanted" }
  return { kind: "done", sid: toHex(reader.fixed(32)), at: readTime(reader) }
}

function writeSent(writer: Writer, sent: SentMessage): void {
  writer.fixed(bytesOf(sent.id)).opaque(sent.content).uint64(BigInt(sent.at)).uint64(BigInt(sent.reached))
  writer.vector(sent.copies, (w, copy) => w.uint64(BigInt(copy.seq)).fixed(bytesOf(copy.sid)))
  writeSeqSet(writer, sent.former, NO_BOUND)
}

function readSent(reader: Reader): SentMessage {
  return { ...readFirstSent(reader), former: readSeqSet(reader, NO_BOUND) }
}

function readFirstSent(reader: Reader): SentMessage {
  const head = {
    id: toHex(reader.fixed(16)),
    content: reader.opaque(),
    at: readTime(reader),
    reached: readTime(reader),
  }
  const copies = reader.vector((r) => ({ seq: readTime(r), sid: toHex(r.fixed(32)) }))
  return { ...head, former: [], copies }
}
