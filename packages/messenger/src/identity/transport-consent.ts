import { utf8, type Bytes } from "@starling/kernel"
import type { CryptoProvider, Extension } from "@starling/mls"
import { encode } from "@starling/wire"

import { decodeVersioned } from "../versioned.ts"
import type { Device, DeviceCertificate } from "./device-certificate.ts"
import { identityBytes, identityId } from "./identity-id.ts"

/**
 * The word of the key behind a PeerId that it belongs to a device: an extension of the device's MLS leaf. A certificate shows
 * its identity's consent, the leaf's signature that of the device key, and this the third one. It stands beside the certificate,
 * which stays what every version reads; whoever does not know it passes over it (RFC 9420, 7.2: only its bearer has to support it).
 */
export const CONSENT_EXTENSION = 0xf5a2

const VERSION = 1
const LABEL = utf8("starling transport consent 1")
const LENGTH = 66

type Named = Pick<DeviceCertificate, "identityKey" | "signatureKey" | "transportKey">

export function signTransportConsent(
  crypto: CryptoProvider,
  transportPrivateKey: Uint8Array,
  certificate: Named,
): Bytes {
  const signature = crypto.signature.sign(transportPrivateKey, signedContent(crypto, certificate))
  return encode((writer) => writer.uint16(VERSION).fixed(signature))
}

/** Whether a leaf with these extensions says anything of it. */
export function bearsConsent(extensions: readonly Extension[]): boolean {
  return extensions.some(({ type }) => type === CONSENT_EXTENSION)
}

/** Whether a leaf with these extensions shows that the transport key of `certificate` belongs to it. One of a later version shows nothing. */
export function hasTransportConsent(
  crypto: CryptoProvider,
  { certificate }: Device,
  extensions: readonly Extension[],
): boolean {
  const extension = extensions.find(({ type }) => type === CONSENT_EXTENSION)
  if (extension === undefined) return false
  const signature = decodeVersioned(extension.data, VERSION, LENGTH, (reader) => reader.fixed(64))
  if (signature.kind !== "ok") return false
  return crypto.signature.verify(certificate.transportKey, signedContent(crypto, certificate), signature.value)
}

function signedContent(crypto: CryptoProvider, { identityKey, signatureKey, transportKey }: Named): Bytes {
  return encode((writer) =>
    writer
      .opaque(LABEL)
      .uint16(VERSION)
      .fixed(identityBytes(identityId(crypto, identityKey)))
      .fixed(signatureKey)
      .fixed(transportKey),
  )
}
