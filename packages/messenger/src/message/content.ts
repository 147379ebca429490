import { concat, malformed, toHex, utf8, type Bytes, type Decoded, type Milliseconds } from "@starling/kernel"
import type { CryptoProvider } from "@starling/mls"
import { decodeCbor, encodeCbor, type Reader } from "@starling/wire"

import { MAX_TEXT } from "../limits.ts"
import { bytesOf } from "../record/operation.ts"
import type { DeviceKey } from "../identity/device-certificate.ts"

/** What stands inside a message, encrypted: deterministic CBOR `{v: 1, salt, text, at}`. */
export interface Content {
  readonly text: string
  /** As the author's clock had it. */
  readonly at: Milliseconds
  /** 16 bytes: makes the id unguessable and two equal texts two messages. */
  readonly salt: Bytes
}

/** 32 hexadecimal digits. Follows from author and content, so that one id can't stand for two texts. */
export type MessageId = string

const VERSION = 1
const LABEL = utf8("starling message 1")
const SALT_LENGTH = 16
export const MAX_CONTENT = MAX_TEXT + 256

export function readMessageId(reader: Reader): MessageId {
  return toHex(reader.fixed(16))
}

export function isText(text: string): boolean {
  return text.length > 0 && !/\p{Cs}/u.test(text) && utf8(text).length <= MAX_TEXT
}

export function encodeContent(content: Content): Bytes {
  return encodeCbor({ v: VERSION, salt: content.salt, text: content.text, at: content.at })
}

/** A later version may add keys; one that changes the meaning of these raises `v`. */
export function decodeContent(bytes: Uint8Array): Decoded<Content> {
  const decoded = decodeCbor(bytes, MAX_CONTENT)
  if (decoded.kind !== "ok") return decoded
  const fields = decoded.value
  if (typeof fields !== "object" || fields === null) return malformed("no map")
  const { v, salt, text, at }: Readonly<Partial<{ v: unknown; salt: unknown; text: unknown; at: unknown }>> = fields
  if (v !== VERSION) return malformed("unknown version")
  if (!(salt instanceof Uint8Array) || salt.length !== SALT_LENGTH) return malformed("salt")
  if (typeof text !== "string" || !isText(text)) return malformed("text")
  if (typeof at !== "number" || !Number.isSafeInteger(at) || at < 0) return malformed("at")
  return { kind: "ok", value: { salt: new Uint8Array(salt), text, at } }
}

export function messageId(crypto: CryptoProvider, author: DeviceKey, content: Uint8Array): MessageId {
  return toHex(crypto.hash(concat(LABEL, bytesOf(author), content)).subarray(0, 16))
}
