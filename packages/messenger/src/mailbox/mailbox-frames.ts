import type { Bytes, Milliseconds } from "@starling/kernel"
import { encode, type Reader, type Writer } from "@starling/wire"

import { MAX_ENVELOPE } from "../group/envelope.ts"
import { readTime } from "../identity/device-certificate.ts"
import { MAX_DIRECT_BYTES } from "../ports/transport.ts"
import { decodeVersioned, type Versioned } from "../versioned.ts"

/** Direct protocol `mailbox`: what a member asks of a mailbox, about the box of one era. */
export interface MailboxRequest {
  /** Of the mailbox's link: who has it may open boxes. */
  readonly access: Bytes
  /** 16 bytes that follow from the era key. */
  readonly box: Bytes
  /** 32 bytes that follow from the era key: who has them may read the box and write into it. */
  readonly token: Bytes
  readonly ask: MailboxAsk
}

export type MailboxAsk =
  | { readonly kind: "put"; readonly entries: readonly PutEntry[] }
  /** What came behind `after`, where `instance` is the box's; otherwise everything. */
  | { readonly kind: "fetch"; readonly instance: Bytes; readonly after: number }

export interface PutEntry {
  /** 16 bytes: takes the place of what was put in this slot before. Empty for what stands for itself. */
  readonly slot: Bytes
  readonly envelope: Bytes
}

export interface PutAnswer {
  readonly keepFor: Milliseconds
}

export interface FetchAnswer {
  /** 8 bytes: a box that was lost and opened anew has another. */
  readonly instance: Bytes
  readonly entries: readonly { readonly number: number; readonly envelope: Bytes }[]
  readonly more: boolean
}

const VERSION = 1
const KINDS = { put: 1, fetch: 2 } as const

export function encodeMailboxRequest({ access, box, token, ask }: MailboxRequest): Bytes {
  return encode((writer) => {
    writer.uint16(VERSION).fixed(access).fixed(box).fixed(token).uint8(KINDS[ask.kind])
    if (ask.kind === "put") writer.vector(ask.entries, writePutEntry)
    else writer.fixed(ask.instance).uint64(BigInt(ask.after))
  })
}

export function decodeMailboxRequest(bytes: Uint8Array): Versioned<MailboxRequest> {
  return decodeVersioned(bytes, VERSION, MAX_DIRECT_BYTES, (reader) => ({
    access: reader.fixed(16),
    box: reader.fixed(16),
    token: reader.fixed(32),
    ask: readAsk(reader),
  }))
}

export function encodePutAnswer({ keepFor }: PutAnswer): Bytes {
  return encode((writer) => writer.uint16(VERSION).uint64(BigInt(keepFor)))
}

export function decodePutAnswer(bytes: Uint8Array): Versioned<PutAnswer> {
  return decodeVersioned(bytes, VERSION, 16, (reader) => ({ keepFor: readTime(reader) }))
}

export function encodeFetchAnswer({ instance, entries, more }: FetchAnswer): Bytes {
  return encode((writer) =>
    writer
      .uint16(VERSION)
      .fixed(instance)
      .vector(entries, (w, { number, envelope }) => w.uint64(BigInt(number)).opaque(envelope))
      .uint8(more ? 1 : 0),
  )
}

export function decodeFetchAnswer(bytes: Uint8Array): Versioned<FetchAnswer> {
  return decodeVersioned(bytes, VERSION, MAX_DIRECT_BYTES, (reader) => ({
    instance: reader.fixed(8),
    entries: readAscending(reader),
    more: readFlag(reader),
  }))
}

/** Each number is greater than the one before: who asks for what comes behind the last gets on. */
function readAscending(reader: Reader): FetchAnswer["entries"] {
  let last = -1
  return reader.vector((r) => {
    const entry = { number: readTime(r), envelope: r.opaque(MAX_ENVELOPE) }
    if (entry.number <= last) r.fail("numbers that do not ascend")
    last = entry.number
    return entry
  })
}

function writePutEntry(writer: Writer, { slot, envelope }: PutEntry): void {
  writer.opaque(slot).opaque(envelope)
}

function readAsk(reader: Reader): MailboxAsk {
  const kind = reader.uint8()
  if (kind === KINDS.fetch) return { kind: "fetch", instance: reader.fixed(8), after: readTime(reader) }
  if (kind !== KINDS.put) return reader.fail("a request of unknown kind")
  const entries = reader.vector(readPutEntry)
  return entries.length === 0 ? reader.fail("nothing to put") : { kind: "put", entries }
}

function readPutEntry(reader: Reader): PutEntry {
  const slot = reader.opaque(16)
  if (slot.length !== 0 && slot.length !== 16) reader.fail("a slot that is none")
  return { slot, envelope: reader.opaque(MAX_ENVELOPE) }
}

function readFlag(reader: Reader): boolean {
  const flag = reader.uint8()
  return flag > 1 ? reader.fail("a flag that is neither 0 nor 1") : flag === 1
}
