import type { Bytes, Decoded } from "@starling/kernel"
import type { FieldElement } from "@starling/proof"
import { decode, encode, type Writer } from "@starling/wire"
import {
  DIGEST_BYTES,
  LOCAL_PROVIDER_ID_BYTES,
  MAX_FRAME_BYTES,
  SERVICE_ID_BYTES,
  SIGNATURE_BYTES,
  SUITE,
} from "../protocol.ts"
import { readField, writeField } from "./field.ts"
import { readHead, startsAs, writeHead } from "./head.ts"
import { Refusal } from "./refusals.ts"

export const KEM_CIPHERTEXT_BYTES = 1120
const MAX_SOURCE_BYTES = 96

/** What the PVS signs: which request it answers, where the bytes come from, and the bytes, encrypted to the user. */
export interface AnswerStatement {
  readonly service: Bytes
  readonly localProvider: Bytes
  readonly epoch: number
  readonly revision: number
  readonly nullifier: FieldElement
  readonly context: FieldElement
  /** The physical process, for people. */
  readonly source: string
  readonly simulated: boolean
  readonly kemCiphertext: Bytes
  /** The key and a tag of 16 bytes. */
  readonly sealedKey: Bytes
}

/** What the PVS signs when it refuses; bound to the request, so that no one else can refuse in its name. */
export interface RefusalStatement {
  readonly service: Bytes
  /** Digest of the request's bytes. */
  readonly request: Bytes
  readonly reason: Refusal
}

/**
 * What comes out of the tap. Refusals of the Local Provider, and of the PVS where it did not get as far as to look the
 * request up, carry no signature and prove nothing.
 */
export type KeyResponse =
  | ({ readonly kind: "answered"; readonly signature: Bytes } & AnswerStatement)
  | ({ readonly kind: "refused"; readonly signature: Bytes } & RefusalStatement)
  | { readonly kind: "turned-away"; readonly reason: Refusal }

export function encodeAnswerStatement(answer: AnswerStatement): Bytes {
  return encode((w) => {
    writeHead(w, "key answer").uint16(SUITE).fixed(answer.service).fixed(answer.localProvider)
    w.uint32(answer.epoch).uint16(answer.revision)
    writeField(writeField(w, answer.nullifier), answer.context)
    w.text(answer.source).uint8(answer.simulated ? 1 : 0)
    w.fixed(answer.kemCiphertext).opaque(answer.sealedKey)
  }, answer.sealedKey.length + 2048)
}

export function encodeRefusalStatement(refusal: RefusalStatement): Bytes {
  return encode((w) =>
    writeHead(w, "key refusal").fixed(refusal.service).fixed(refusal.request).uint16(Refusal.code(refusal.reason)),
  )
}

export function encodeKeyResponse(response: KeyResponse): Bytes {
  return encode((w) => writeResponse(w, response), 2048)
}

export function decodeKeyResponse(bytes: Uint8Array): Decoded<KeyResponse> {
  return decode<KeyResponse>(
    bytes,
    (r) => {
      const readReason = (): Refusal => Refusal.fromCode(r.uint16()) ?? r.fail("an unknown refusal")
      if (startsAs(bytes, "local refusal")) {
        readHead(r, "local refusal")
        return { kind: "turned-away", reason: readReason() }
      }
      if (startsAs(bytes, "key refusal")) {
        readHead(r, "key refusal")
        const refusal = { service: r.fixed(SERVICE_ID_BYTES), request: r.fixed(DIGEST_BYTES), reason: readReason() }
        return { kind: "refused", ...refusal, signature: r.fixed(SIGNATURE_BYTES) }
      }
      readHead(r, "key answer")
      if (r.uint16() !== SUITE) r.fail("an unknown suite")
      const address = { service: r.fixed(SERVICE_ID_BYTES), localProvider: r.fixed(LOCAL_PROVIDER_ID_BYTES) }
      const seal = { epoch: r.uint32(), revision: r.uint16(), nullifier: readField(r), context: readField(r) }
      const source = r.text(MAX_SOURCE_BYTES)
      const flags = r.uint8()
      if (flags > 1) r.fail("unknown flags")
      const key = { kemCiphertext: r.fixed(KEM_CIPHERTEXT_BYTES), sealedKey: r.opaque(MAX_FRAME_BYTES) }
      return {
        kind: "answered",
        ...address,
        ...seal,
        source,
        simulated: flags === 1,
        ...key,
        signature: r.fixed(SIGNATURE_BYTES),
      }
    },
    MAX_FRAME_BYTES,
  )
}

function writeResponse(writer: Writer, response: KeyResponse): Writer {
  switch (response.kind) {
    case "answered":
      return writer.fixed(encodeAnswerStatement(response)).fixed(response.signature)
    case "refused":
      return writer.fixed(encodeRefusalStatement(response)).fixed(response.signature)
    case "turned-away":
      return writeHead(writer, "local refusal").uint16(Refusal.code(response.reason))
  }
}
