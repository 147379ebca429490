import { concat, type Bytes } from "@starling/kernel"
import { encode } from "@starling/wire"

import type { CryptoProvider } from "./crypto-provider.ts"
import { writeFramedContent, type FramedContent, type FramedWireFormat } from "./framing.ts"

/** RFC 9420, 8.2: covers a commit with its signature, and by `interimBefore` all commits before it. */
export function confirmedTranscriptHash(
  crypto: CryptoProvider,
  interimBefore: Uint8Array,
  wireFormat: FramedWireFormat,
  framed: FramedContent,
  signature: Uint8Array,
): Bytes {
  const input = encode((w) => {
    w.fixed(interimBefore).uint16(wireFormat)
    writeFramedContent(w, framed)
    w.opaque(signature)
  }, 1024)
  return crypto.hash(input)
}

/** RFC 9420, 8.2. */
export function interimTranscriptHash(
  crypto: CryptoProvider,
  confirmed: Uint8Array,
  confirmationTag: Uint8Array,
): Bytes {
  return crypto.hash(
    concat(
      confirmed,
      encode((w) => w.opaque(confirmationTag)),
    ),
  )
}
