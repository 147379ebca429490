import { fromBase64url, malformed, toBase64url, type Bytes } from "@starling/kernel"
import type { CryptoProvider } from "@starling/mls"
import { encode } from "@starling/wire"

import { CERTIFICATE_LENGTH, readDevice, type Device } from "../identity/device-certificate.ts"
import { MAX_ADDRESS, MAX_ADDRESSES } from "../limits.ts"
import { decodeVersioned, type Versioned } from "../versioned.ts"
import { readName } from "./name.ts"

/** What one person hands to another to be found and recognised. */
export interface ContactLink {
  readonly device: Device
  readonly name: string
  /** Multiaddrs. */
  readonly addresses: readonly string[]
}

const VERSION = 1
const SCHEME = "starling://contact#"
const MAX_LINK = 8192

/** Everything stands in the fragment, which no server ever sees. */
export function formatContactLink(link: ContactLink): string {
  return SCHEME + toBase64url(encodeContactLink(link))
}

export function parseContactLink(crypto: CryptoProvider, text: string): Versioned<ContactLink> {
  const trimmed = text.trim()
  if (!trimmed.startsWith(SCHEME) || trimmed.length > MAX_LINK) return malformed("not a contact link")
  const bytes = fromBase64url(trimmed.slice(SCHEME.length))
  return bytes === undefined ? malformed("a contact link that was cut or changed") : decodeContactLink(crypto, bytes)
}

export function encodeContactLink(link: ContactLink): Bytes {
  return encode((writer) =>
    writer
      .uint16(VERSION)
      .opaque(link.device.encoded)
      .text(link.name)
      .vector(link.addresses.slice(0, MAX_ADDRESSES), (w, address) => w.text(address)),
  )
}

export function decodeContactLink(crypto: CryptoProvider, bytes: Uint8Array): Versioned<ContactLink> {
  const decoded = decodeVersioned(bytes, VERSION, MAX_LINK, (reader) => ({
    certificate: reader.opaque(CERTIFICATE_LENGTH),
    name: readName(reader),
    addresses: reader.vector((r) => r.text(MAX_ADDRESS), MAX_ADDRESSES),
  }))
  if (decoded.kind !== "ok") return decoded
  const { certificate, name, addresses } = decoded.value
  const device = readDevice(crypto, certificate)
  return device.kind === "ok" ? { kind: "ok", value: { device: device.value, name, addresses } } : device
}
