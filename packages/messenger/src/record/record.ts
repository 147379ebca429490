import { toHex, utf8, type Bytes } from "@starling/kernel"
import type { CryptoProvider } from "@starling/mls"
import { encode, type Reader, type Writer } from "@starling/wire"

import type { DeviceKey } from "../identity/device-certificate.ts"
import { MAX_CITED, MAX_COMMIT } from "../limits.ts"
import { decodeVersioned, type Versioned } from "../versioned.ts"

/** Names a record: the SHA-256 of its bytes, in hexadecimal. */
export type RecordHash = string

/** One entry of a device's append-only log in a group: the only replicated state besides messages. */
export interface Record {
  readonly group: Bytes
  readonly device: Bytes
  /** From 1, without gaps. */
  readonly seq: number
  /** Hash of the device's record before this one; zeros before the first. */
  readonly prev: Bytes
  /** A kind that this version does not know is kept and passed on, and not acted on. */
  readonly kind: number
  readonly body: Bytes
  readonly signature: Bytes
}

/** A record with what follows from its bytes. */
export interface LoggedRecord extends Record {
  readonly encoded: Bytes
  readonly hash: RecordHash
  readonly author: DeviceKey
}

export const RECORD_KINDS = { operation: 1, commit: 2, support: 3, refusal: 6, mailbox: 7 } as const

const VERSION = 1
const LABEL = utf8("starling record 1")
export const MAX_RECORD = MAX_COMMIT + MAX_CITED * 32 + 1024
const MAX_SEQ = BigInt(Number.MAX_SAFE_INTEGER)

export const FIRST_PREV: Bytes = new Uint8Array(32)

export function signRecord(
  crypto: CryptoProvider,
  privateKey: Uint8Array,
  unsigned: Omit<Record, "signature">,
): LoggedRecord {
  const signature = crypto.signature.sign(privateKey, signedContent(unsigned))
  return describe(crypto, { ...unsigned, signature })
}

export function verifyRecord(crypto: CryptoProvider, record: Record): boolean {
  return crypto.signature.verify(record.device, signedContent(record), record.signature)
}

export function encodeRecord(record: Record): Bytes {
  return encode((writer) => {
    writeUnsigned(writer, record)
    writer.fixed(record.signature)
  })
}

/** Of shape only: the signature is checked by `verifyRecord`, once it is known whose device it is. */
export function decodeRecord(crypto: CryptoProvider, bytes: Uint8Array): Versioned<LoggedRecord> {
  const decoded = decodeVersioned(bytes, VERSION, MAX_RECORD, readBody)
  return decoded.kind === "ok" ? { kind: "ok", value: describe(crypto, decoded.value) } : decoded
}

function describe(crypto: CryptoProvider, record: Record): LoggedRecord {
  const encoded = encodeRecord(record)
  return { ...record, encoded, hash: toHex(crypto.hash(encoded)), author: toHex(record.device) }
}

function signedContent(record: Omit<Record, "signature">): Bytes {
  return encode((writer) => {
    writer.opaque(LABEL)
    writeUnsigned(writer, record)
  })
}

function writeUnsigned(writer: Writer, record: Omit<Record, "signature">): void {
  writer
    .uint16(VERSION)
    .fixed(record.group)
    .fixed(record.device)
    .uint64(BigInt(record.seq))
    .fixed(record.prev)
    .uint8(record.kind)
    .opaque(record.body)
}

function readBody(reader: Reader): Record {
  return {
    group: reader.fixed(16),
    device: reader.fixed(32),
    seq: readSeq(reader),
    prev: reader.fixed(32),
    kind: reader.uint8(),
    body: reader.opaque(MAX_RECORD),
    signature: reader.fixed(64),
  }
}

/** A place in a device's log or among its messages: `uint64` from 1, within what a number holds exactly. */
export function readSeq(reader: Reader): number {
  const seq = reader.uint64()
  return seq < 1n || seq > MAX_SEQ ? reader.fail("a sequence number out of range") : Number(seq)
}
