import type { Bytes, Decoded } from "@starling/kernel"
import { decode, encode } from "@starling/wire"
import { digest } from "../binding.ts"
import { readPassage } from "../channel/passage.ts"
import { readHead, writeHead } from "../frames/head.ts"
import { MAX_FRAME_BYTES } from "../protocol.ts"

const MAX_CHANNEL_BYTES = 96
/** A key response, and the words about its way. */
export const MAX_TAP_ANSWER_BYTES = MAX_FRAME_BYTES + 256

/** What a Local Provider puts on a card. */
export interface TapAnswer {
  /** A key response frame. */
  readonly response: Bytes
  /** How it came to the Local Provider (`passageSentence`), by that one's word; `undefined` where nothing is to be said. */
  readonly channel: string | undefined
}

export function encodeTapAnswer({ response, channel }: TapAnswer): Bytes {
  return encode(
    (w) =>
      writeHead(w, "tap answer")
        .opaque(response)
        .text(channel ?? ""),
    response.length + 256,
  )
}

export function decodeTapAnswer(bytes: Uint8Array): Decoded<TapAnswer> {
  return decode(
    bytes,
    (r) => {
      readHead(r, "tap answer")
      return { response: r.opaque(MAX_FRAME_BYTES), channel: readPassage(r.text(MAX_CHANNEL_BYTES)) }
    },
    MAX_TAP_ANSWER_BYTES,
  )
}

/** What the peer lets its card say once the key is durable. It names what was answered with what, and is no secret. */
export function tapReceipt(requestDigest: Uint8Array, answerDigest: Uint8Array): Bytes {
  return digest(encode((w) => writeHead(w, "tap receipt").fixed(requestDigest).fixed(answerDigest)))
}
