import { toHex, type Bytes } from "@starling/kernel"
import type { CryptoProvider } from "@starling/mls"
import { decode, encode } from "@starling/wire"

import { MAX_RECORD } from "../record/record.ts"
import { bytesOf } from "../record/operation.ts"
import { decodeVersioned, type Versioned } from "../versioned.ts"
import { derive, type Era } from "./era.ts"

/**
 * What is published on a group's topic: a record (the paper's Upd) or a message (Msg) under the key of an era. A note is
 * never published: devices leave it in mailboxes.
 */
export interface Envelope {
  readonly kind: EnvelopeKind
  readonly era: string
  readonly nonce: Bytes
  readonly ciphertext: Bytes
}
export type PublishedKind = "upd" | "msg"
export type EnvelopeKind = PublishedKind | "note"

const VERSION = 1
const KINDS = { upd: 1, msg: 2, note: 3 } as const
const KIND_NAMES: readonly (EnvelopeKind | undefined)[] = [undefined, "upd", "msg", "note"]
/** Lengths are rounded up to a multiple of this. */
const PADDING = 256
export const MAX_ENVELOPE = MAX_RECORD + 2 * PADDING + 64

/**
 * Seals `payload`. The nonce is a MAC of the payload under a key of the era: no two payloads share one, however the
 * randomness of the device may fail, and the same payload always gives the same bytes.
 */
export function sealEnvelope(crypto: CryptoProvider, era: Era, kind: EnvelopeKind, payload: Uint8Array): Bytes {
  const mac = crypto.hmac(
    derive(crypto, era.key, "nonce", 32),
    encode((w) => w.uint8(KINDS[kind]).fixed(payload)),
  )
  const nonce = mac.slice(0, crypto.suite.aeadNonceLength)
  const header = writeHeader(kind, era.id, nonce)
  const padded = encode((writer) => {
    writer.opaque(payload)
    writer.fixed(new Uint8Array((PADDING - (writer.length % PADDING)) % PADDING))
  })
  const ciphertext = crypto.aead.seal(contentKey(crypto, era), nonce, header, padded)
  return encode((writer) => writer.fixed(header).opaque(ciphertext))
}

export function decodeEnvelope(bytes: Uint8Array): Versioned<Envelope> {
  return decodeVersioned(bytes, VERSION, MAX_ENVELOPE, (reader) => {
    return {
      kind: KIND_NAMES[reader.uint8()] ?? reader.fail("an envelope of unknown kind"),
      era: toHex(reader.fixed(8)),
      nonce: reader.fixed(12),
      ciphertext: reader.opaque(MAX_ENVELOPE),
    }
  })
}

/** The payload, or `undefined` where the envelope is not sealed with the key of `era`. */
export function openEnvelope(crypto: CryptoProvider, era: Era, envelope: Envelope): Bytes | undefined {
  const header = writeHeader(envelope.kind, envelope.era, envelope.nonce)
  const padded = crypto.aead.open(contentKey(crypto, era), envelope.nonce, header, envelope.ciphertext)
  if (padded === undefined) return undefined
  const payload = decode(padded, (reader) => {
    const inner = reader.opaque(MAX_ENVELOPE)
    reader.fixed(reader.left)
    return inner
  })
  return payload.kind === "ok" ? payload.value : undefined
}

function contentKey(crypto: CryptoProvider, era: Era): Bytes {
  return derive(crypto, era.key, "content", crypto.suite.aeadKeyLength)
}

function writeHeader(kind: EnvelopeKind, era: string, nonce: Uint8Array): Bytes {
  return encode((writer) => writer.uint16(VERSION).uint8(KINDS[kind]).fixed(bytesOf(era)).fixed(nonce))
}
