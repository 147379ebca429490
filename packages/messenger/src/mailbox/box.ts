import { toHex, type Bytes, type Milliseconds } from "@starling/kernel"
import { encode } from "@starling/wire"

import { MAX_ENVELOPE } from "../group/envelope.ts"
import { readTime } from "../identity/device-certificate.ts"
import { bytesOf } from "../record/operation.ts"
import { decodeOwnRow } from "../versioned.ts"

/** What a mailbox knows of one era of a group: how to recognise who may use it, and how full it is. */
export interface Box {
  /** 16 bytes in hexadecimal. */
  readonly name: string
  /** SHA-256 of the token, in hexadecimal. */
  readonly token: string
  /** 8 bytes in hexadecimal, drawn when it was opened. */
  readonly instance: string
  /** Number of the newest envelope. */
  readonly newest: number
  readonly bytes: number
  /** When something was put in last. */
  readonly at: Milliseconds
}

/** An envelope as it was put, and until when it stays. */
export interface KeptEnvelope {
  readonly until: Milliseconds
  readonly envelope: Bytes
}

const VERSION = 1

export function encodeBox(box: Box): Bytes {
  return encode((writer) =>
    writer
      .uint16(VERSION)
      .fixed(bytesOf(box.name))
      .fixed(bytesOf(box.token))
      .fixed(bytesOf(box.instance))
      .uint64(BigInt(box.newest))
      .uint64(BigInt(box.bytes))
      .uint64(BigInt(box.at)),
  )
}

export function decodeBox(bytes: Uint8Array): Box {
  return decodeOwnRow("box", bytes, VERSION, (reader) => ({
    name: toHex(reader.fixed(16)),
    token: toHex(reader.fixed(32)),
    instance: toHex(reader.fixed(8)),
    newest: readTime(reader),
    bytes: readTime(reader),
    at: readTime(reader),
  }))
}

export function encodeKeptEnvelope({ until, envelope }: KeptEnvelope): Bytes {
  return encode((writer) => writer.uint16(VERSION).uint64(BigInt(until)).opaque(envelope))
}

export function decodeKeptEnvelope(bytes: Uint8Array): KeptEnvelope {
  return decodeOwnRow("kept envelope", bytes, VERSION, (reader) => ({
    until: readTime(reader),
    envelope: reader.opaque(MAX_ENVELOPE),
  }))
}
