import { concat, toHex, type Bytes, type Milliseconds } from "@starling/kernel"
import type { CryptoProvider } from "@starling/mls"
import { encode } from "@starling/wire"

import { readTime, type DeviceKey } from "../identity/device-certificate.ts"
import { readMessageVector, writeMessageVector, type MessageVector } from "../message/seq-set.ts"
import { bytesOf } from "../record/operation.ts"
import { MAX_DIRECT_BYTES } from "../ports/transport.ts"
import { decodeVersioned, type Versioned } from "../versioned.ts"

/** What a device leaves in a mailbox for those whom it never meets: which messages it has, and which were seen. */
export interface ReceiptNote {
  readonly group: Bytes
  readonly device: DeviceKey
  readonly at: Milliseconds
  readonly held: MessageVector
  /** Empty where the person sends no receipts. */
  readonly seen: MessageVector
}

const VERSION = 1
const LABEL = "starling receipt note 1"

export function signReceiptNote(crypto: CryptoProvider, privateKey: Uint8Array, note: ReceiptNote): Bytes {
  const content = encodeContent(note)
  return encode((writer) => writer.fixed(content).fixed(crypto.signature.sign(privateKey, signed(content))))
}

/** A note whose signature is not that of the device it names is malformed. */
export function decodeReceiptNote(crypto: CryptoProvider, bytes: Uint8Array): Versioned<ReceiptNote> {
  return decodeVersioned(bytes, VERSION, MAX_DIRECT_BYTES, (reader) => {
    const head = { group: reader.fixed(16), device: toHex(reader.fixed(32)), at: readTime(reader) }
    const note = { ...head, held: readMessageVector(reader), seen: readMessageVector(reader) }
    const signature = reader.fixed(64)
    if (!crypto.signature.verify(bytesOf(note.device), signed(encodeContent(note)), signature))
      reader.fail("a signature that does not fit")
    return note
  })
}

function encodeContent({ group, device, at, held, seen }: ReceiptNote): Bytes {
  return encode((writer) => {
    writer.uint16(VERSION).fixed(group).fixed(bytesOf(device)).uint64(BigInt(at))
    writeMessageVector(writer, held)
    writeMessageVector(writer, seen)
  })
}

function signed(content: Uint8Array): Bytes {
  return concat(
    encode((writer) => writer.text(LABEL)),
    content,
  )
}
