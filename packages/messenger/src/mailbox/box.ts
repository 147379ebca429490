import { toHex, utf8, type Bytes, type Milliseconds } from "@starling/kernel"
import type { CryptoProvider } from "@starling/mls"
import { encode } from "@starling/wire"

import { MAX_ENVELOPE } from "../group/envelope.ts"
import { readTime } from "../identity/device-certificate.ts"
import type { PeerId } from "../identity/peer-id.ts"
import { bytesOf } from "../record/operation.ts"
import { decodeOwnRow, isFirstVersion } from "../versioned.ts"

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
  /** Who opened it. */
  readonly opener: Depositor
  /** What of `bytes` each one put there. */
  readonly shares: ReadonlyMap<Depositor, number>
}

/** Stands for a PeerId: 8 bytes of its hash, in hexadecimal. */
export type Depositor = string

/** An envelope as it was put, by whom, and until when it stays. */
export interface KeptEnvelope {
  readonly until: Milliseconds
  readonly by: Depositor
  readonly envelope: Bytes
}

/** Of what was put while a mailbox did not note by whom. */
const NOBODY: Depositor = "00".repeat(8)

/** Version 1 did not say who put what. */
const VERSION = 2

export function depositorOf(crypto: CryptoProvider, peerId: PeerId): Depositor {
  return toHex(crypto.hash(utf8(peerId)).subarray(0, 8))
}

export function encodeBox(box: Box): Bytes {
  return encode((writer) =>
    writer
      .uint16(VERSION)
      .fixed(bytesOf(box.name))
      .fixed(bytesOf(box.token))
      .fixed(bytesOf(box.instance))
      .uint64(BigInt(box.newest))
      .uint64(BigInt(box.bytes))
      .uint64(BigInt(box.at))
      .fixed(bytesOf(box.opener))
      .vector(box.shares, (w, [by, bytes]) => w.fixed(bytesOf(by)).uint64(BigInt(bytes))),
  )
}

export function decodeBox(bytes: Uint8Array): Box {
  const isFirst = isFirstVersion(bytes)
  return decodeOwnRow("box", bytes, isFirst ? 1 : VERSION, (reader) => ({
    name: toHex(reader.fixed(16)),
    token: toHex(reader.fixed(32)),
    instance: toHex(reader.fixed(8)),
    newest: readTime(reader),
    bytes: readTime(reader),
    at: readTime(reader),
    opener: isFirst ? NOBODY : toHex(reader.fixed(8)),
    shares: new Map(isFirst ? [] : reader.vector((r) => [toHex(r.fixed(8)), readTime(r)] as const)),
  }))
}

export function encodeKeptEnvelope({ until, by, envelope }: KeptEnvelope): Bytes {
  return encode((writer) => writer.uint16(VERSION).uint64(BigInt(until)).fixed(bytesOf(by)).opaque(envelope))
}

export function decodeKeptEnvelope(bytes: Uint8Array): KeptEnvelope {
  const isFirst = isFirstVersion(bytes)
  return decodeOwnRow("kept envelope", bytes, isFirst ? 1 : VERSION, (reader) => ({
    until: readTime(reader),
    by: isFirst ? NOBODY : toHex(reader.fixed(8)),
    envelope: reader.opaque(MAX_ENVELOPE),
  }))
}
