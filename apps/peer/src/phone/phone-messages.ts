import { assertNever, type Bytes, type Decoded } from "@starling/kernel"
import { decode, encode } from "@starling/wire"
import { MAX_FRAME_BYTES } from "@starling/eaas"
import { MAX_TAP_ANSWER_BYTES, type HandOver } from "@starling/eaas/tap"
import { NONCE_BYTES } from "./sealed-line.ts"

/** Of the hello; what follows it is of the same version. */
const VERSION = 1
const DIGEST_BYTES = 32
const MAX_MESSAGE_BYTES = MAX_TAP_ANSWER_BYTES + 256
/** Sealed messages are a tag longer. */
export const MAX_PHONE_FRAME_BYTES = MAX_MESSAGE_BYTES + 64

/** What each end says first, in the clear. */
export function encodeHello(nonce: Uint8Array): Bytes {
  return encode((w) => w.uint8(VERSION).fixed(nonce))
}

export function decodeHello(bytes: Uint8Array): Decoded<Bytes> {
  return decode(bytes, (r) => {
    if (r.uint8() !== VERSION) r.fail("a hello of an unknown version")
    return r.fixed(NONCE_BYTES)
  })
}

/** `ready` shows that the phone has the pairing key; it is its first. */
export type FromPhone =
  | { readonly kind: "ready" }
  | { readonly kind: "answer"; readonly requestDigest: Bytes; readonly answer: Bytes }

/** `request` without a frame: there is none at the moment. */
export type ToPhone =
  | { readonly kind: "request"; readonly frame: Bytes | undefined }
  | { readonly kind: "outcome"; readonly answerDigest: Bytes; readonly outcome: HandOver }

const READY = 1
const ANSWER = 2
const REQUEST = 3
const OUTCOME = 4
const OUTCOMES = ["durable", "refused", "silent"] as const

export function encodeFromPhone(message: FromPhone): Bytes {
  return message.kind === "ready"
    ? Uint8Array.of(READY)
    : encode((w) => w.uint8(ANSWER).fixed(message.requestDigest).opaque(message.answer))
}

export function decodeFromPhone(bytes: Uint8Array): Decoded<FromPhone> {
  return decode<FromPhone>(
    bytes,
    (r) => {
      const kind = r.uint8()
      if (kind === READY) return { kind: "ready" }
      if (kind !== ANSWER) r.fail("an unknown message")
      return { kind: "answer", requestDigest: r.fixed(DIGEST_BYTES), answer: r.opaque(MAX_TAP_ANSWER_BYTES) }
    },
    MAX_MESSAGE_BYTES,
  )
}

export function encodeToPhone(message: ToPhone): Bytes {
  switch (message.kind) {
    case "request":
      return encode((w) => w.uint8(REQUEST).opaque(message.frame ?? new Uint8Array()))
    case "outcome": {
      const { answerDigest, outcome } = message
      return encode((w) => {
        w.uint8(OUTCOME).fixed(answerDigest).uint8(OUTCOMES.indexOf(outcome.kind))
        if (outcome.kind === "durable") w.fixed(outcome.receipt)
      })
    }
    default:
      return assertNever(message)
  }
}

export function decodeToPhone(bytes: Uint8Array): Decoded<ToPhone> {
  return decode<ToPhone>(
    bytes,
    (r) => {
      const kind = r.uint8()
      if (kind === REQUEST) {
        const frame = r.opaque(MAX_FRAME_BYTES)
        return { kind: "request", frame: frame.length === 0 ? undefined : frame }
      }
      if (kind !== OUTCOME) r.fail("an unknown message")
      const answerDigest = r.fixed(DIGEST_BYTES)
      const outcome = OUTCOMES[r.uint8()] ?? r.fail("an unknown outcome")
      return {
        kind: "outcome",
        answerDigest,
        outcome: outcome === "durable" ? { kind: outcome, receipt: r.fixed(DIGEST_BYTES) } : { kind: outcome },
      }
    },
    MAX_MESSAGE_BYTES,
  )
}
