import { fromBase32, malformed, toBase32, type Bytes, type Decoded } from "@starling/kernel"
import { decode, encode } from "@starling/wire"

export const PAIRING_KEY_BYTES = 32
/** No scheme of an address: nothing opens it but an app that was given it. */
const PREFIX = "STARLING.TAP."
const VERSION = 1
const MOST_ADDRESSES = 8
const MAX_ADDRESS_BYTES = 64

/** What a phone needs to find its peer, and to be believed by it. */
export interface Pairing {
  readonly key: Bytes
  /** Each `HOST:PORT`; the first that answers with the key is the peer. */
  readonly addresses: readonly string[]
}

/** Upper case, which QR codes hold best. It is a secret. */
export function encodePairingCode({ key, addresses }: Pairing): string {
  const bytes = encode((w) =>
    w
      .uint8(VERSION)
      .fixed(key)
      .vector(addresses, (w, address) => w.text(address)),
  )
  return PREFIX + toBase32(bytes).toUpperCase()
}

export function decodePairingCode(code: string): Decoded<Pairing> {
  const bytes = code.startsWith(PREFIX) ? fromBase32(code.slice(PREFIX.length).toLowerCase()) : undefined
  if (bytes === undefined) return malformed("not a pairing code")
  return decode(bytes, (r) => {
    if (r.uint8() !== VERSION) r.fail("a pairing code of an unknown version")
    return { key: r.fixed(PAIRING_KEY_BYTES), addresses: r.vector((r) => r.text(MAX_ADDRESS_BYTES), MOST_ADDRESSES) }
  })
}
