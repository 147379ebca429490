import { concat, toHex, type Bytes, type Milliseconds } from "@starling/kernel"
import type { CryptoProvider } from "@starling/mls"
import { encode } from "@starling/wire"

import { readTime, type DeviceKey } from "../identity/device-certificate.ts"
import { MAX_NOTED } from "../limits.ts"
import { readMessageId, type MessageId } from "../message/content.ts"
import { readMessageVector, writeMessageVector, type MessageVector } from "../message/seq-set.ts"
import { bytesOf } from "../record/operation.ts"
import { MAX_DIRECT_BYTES } from "../ports/transport.ts"
import { decodeVersioned, isFirstVersion, type Versioned } from "../versioned.ts"

/**
 * What a device leaves in a mailbox for those whom it never meets: which messages it has, shows, and which were seen. Version 1
 * named none that it shows: what it had counted by number.
 */
export interface ReceiptNote {
  readonly version: 1 | 2
  readonly group: Bytes
  readonly device: DeviceKey
  readonly at: Milliseconds
  readonly held: MessageVector
  /** Empty where the person sends no receipts. */
  readonly seen: MessageVector
  /** Those that came last, of every author some. */
  readonly shown: readonly MessageId[]
}

export const NOTE_VERSION = 2

export function signReceiptNote(crypto: CryptoProvider, privateKey: Uint8Array, note: ReceiptNote): Bytes {
  const content = encodeContent(note)
  return encode((writer) =>
    writer.fixed(content).fixed(crypto.signature.sign(privateKey, signed(note.version, content))),
  )
}

/** A note whose signature is not that of the device it names is malformed. */
export function decodeReceiptNote(crypto: CryptoProvider, bytes: Uint8Array): Versioned<ReceiptNote> {
  const version = isFirstVersion(bytes) ? 1 : NOTE_VERSION
  return decodeVersioned(bytes, version, MAX_DIRECT_BYTES, (reader): ReceiptNote => {
    const head = { group: reader.fixed(16), device: toHex(reader.fixed(32)), at: readTime(reader) }
    const vectors = { held: readMessageVector(reader), seen: readMessageVector(reader) }
    const shown = version === 1 ? [] : reader.vector(readMessageId, MAX_NOTED)
    const note = { version, ...head, ...vectors, shown } as const
    const signature = reader.fixed(64)
    if (!crypto.signature.verify(bytesOf(note.device), signed(version, encodeContent(note)), signature))
      reader.fail("a signature that does not fit")
    return note
  })
}

function encodeContent({ version, group, device, at, held, seen, shown }: ReceiptNote): Bytes {
  return encode((writer) => {
    writer.uint16(version).fixed(group).fixed(bytesOf(device)).uint64(BigInt(at))
    writeMessageVector(writer, held)
    writeMessageVector(writer, seen)
    if (version > 1) writer.vector(shown, (w, id) => w.fixed(bytesOf(id)))
  })
}

function signed(version: ReceiptNote["version"], content: Uint8Array): Bytes {
  return concat(
    encode((writer) => writer.text(`starling receipt note ${version}`)),
    content,
  )
}
