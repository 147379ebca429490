import type { Bytes, Decoded } from "@starling/kernel"
import { decode, encode, type Writer } from "@starling/wire"
import { DIGEST_BYTES } from "../protocol.ts"
import { MAC_BYTES } from "../one-time-mac.ts"
import { readHead, writeHead } from "../frames/head.ts"

/** How an answer is protected between the PVS and the Local Provider. The first needs as many bits as the answer has. */
export type Protection = "one-time pad" | "aes-256-gcm"
const PROTECTIONS: readonly Protection[] = ["one-time pad", "aes-256-gcm"]

export const SESSION_BYTES = 16
/** An answer, and the names of keys which may be as short as 256 bits. */
export const MAX_SEALED_ANSWER_BYTES = 64 * 1024
const MAX_KEY_ID_BYTES = 64
const MAX_KEYS = 2048

/** From the PVS to the Local Provider: an answer frame under keys that only their two KMEs have, and which ones. */
export interface SealedAnswer {
  readonly protection: Protection
  /** Random, anew with each start of the PVS; and the number of the answer in it. */
  readonly session: Bytes
  readonly sequence: bigint
  readonly keyIds: readonly string[]
  readonly ciphertext: Bytes
  readonly tag: Bytes
}

/** What the tag binds besides the ciphertext. Both ends know it; the frame need not say it. */
export interface AnswerBinding {
  readonly master: string
  readonly slave: string
  /** Digest of the forwarded request that is answered. */
  readonly request: Bytes
}

export function encodeSealedAnswer(sealed: SealedAnswer): Bytes {
  return encode(
    (w) => writeHeader(w, sealed).opaque(sealed.ciphertext).fixed(sealed.tag),
    sealed.ciphertext.length + 1024,
  )
}

export function decodeSealedAnswer(bytes: Uint8Array): Decoded<SealedAnswer> {
  return decode(
    bytes,
    (r) => {
      readHead(r, "sealed answer")
      const protection = PROTECTIONS[r.uint8()] ?? r.fail("an unknown protection")
      const place = { session: r.fixed(SESSION_BYTES), sequence: r.uint64() }
      const keyIds = r.vector((r) => r.text(MAX_KEY_ID_BYTES), MAX_KEYS)
      return { protection, ...place, keyIds, ciphertext: r.opaque(MAX_SEALED_ANSWER_BYTES), tag: r.fixed(MAC_BYTES) }
    },
    MAX_SEALED_ANSWER_BYTES,
  )
}

/** What is authenticated beside the ciphertext: the frame's header, whom and what it is for, and how long it is. */
export function boundData(
  sealed: Omit<SealedAnswer, "ciphertext" | "tag">,
  binding: AnswerBinding,
  length: number,
): Bytes {
  if (binding.request.length !== DIGEST_BYTES) throw new RangeError("a digest has 32 bytes")
  return encode(
    (w) => writeHeader(w, sealed).text(binding.master).text(binding.slave).fixed(binding.request).uint32(length),
    1024,
  )
}

function writeHeader(
  writer: Writer,
  { protection, session, sequence, keyIds }: Omit<SealedAnswer, "ciphertext" | "tag">,
): Writer {
  writeHead(writer, "sealed answer").uint8(PROTECTIONS.indexOf(protection)).fixed(session).uint64(sequence)
  return writer.vector(keyIds, (w, id) => w.text(id))
}
