import type { Bytes } from "@starling/kernel"
import { encode } from "@starling/wire"

import { MAX_DIRECT_BYTES } from "../ports/transport.ts"
import { decodeVersioned, type Versioned } from "../versioned.ts"

/** What every direct request is answered with: a code, and where it is `ok` a body of the protocol's own. */
export interface AnswerFrame {
  readonly status: AnswerStatus
  readonly body: Bytes
}

export const ANSWER_STATUSES = [
  "ok",
  "malformed",
  "newer-version",
  "not-a-member",
  "clock-differs",
  "exhausted",
  "unknown-key-package",
  "invalid",
  "unknown-suite",
] as const
export type AnswerStatus = (typeof ANSWER_STATUSES)[number]

const VERSION = 1

export function okAnswer(body: Uint8Array): Bytes {
  return encodeAnswer("ok", body)
}

/** A peer is told the code alone. */
export function refusedAnswer(status: Exclude<AnswerStatus, "ok">): Bytes {
  return encodeAnswer(status, new Uint8Array(0))
}

export function decodeAnswer(bytes: Uint8Array): Versioned<AnswerFrame> {
  return decodeVersioned(bytes, VERSION, MAX_DIRECT_BYTES, (reader) => ({
    status: ANSWER_STATUSES[reader.uint8()] ?? reader.fail("a status that is none"),
    body: reader.opaque(),
  }))
}

function encodeAnswer(status: AnswerStatus, body: Uint8Array): Bytes {
  return encode((writer) => writer.uint16(VERSION).uint8(ANSWER_STATUSES.indexOf(status)).opaque(body))
}
