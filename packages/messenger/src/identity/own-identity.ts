import type { Bytes, Milliseconds } from "@starling/kernel"
import type { CryptoProvider, Extension, MlsContext, SignatureKeyPair } from "@starling/mls"
import { encode } from "@starling/wire"

import { decodeOwnRow } from "../versioned.ts"
import { certifyDevice, CERTIFICATE_LENGTH, encodeCertificate, readDevice, type Device } from "./device-certificate.ts"
import { CONSENT_EXTENSION, signTransportConsent } from "./transport-consent.ts"

/** This device and the person whose it is, with all private keys. */
export interface OwnIdentity extends Device {
  readonly identityKeys: SignatureKeyPair
  readonly signatureKeys: SignatureKeyPair
  /** Ed25519 seed of the transport key. */
  readonly transportSeed: Bytes
  /** Empty until the person has chosen one. */
  readonly name: string
}

const VERSION = 1

/** Makes a person with a first device: three keys, each from a draw of its own. */
export function createOwnIdentity(mls: MlsContext, now: Milliseconds): OwnIdentity {
  const { signature } = mls.crypto
  const identityKeys = signature.deriveKeyPair(mls.random.draw(signature.seedLength, "identity key"))
  const signatureKeys = signature.deriveKeyPair(mls.random.draw(signature.seedLength, "device signature key"))
  const transportSeed = mls.random.draw(32, "device transport key")
  const certificate = certifyDevice(mls.crypto, identityKeys.privateKey, {
    identityKey: identityKeys.publicKey,
    signatureKey: signatureKeys.publicKey,
    transportKey: signature.deriveKeyPair(transportSeed).publicKey,
    createdAt: now,
  })
  const device = readOwnDevice(mls.crypto, encodeCertificate(certificate))
  return { ...device, identityKeys, signatureKeys, transportSeed, name: "" }
}

export function encodeOwnIdentity(own: OwnIdentity): Bytes {
  return encode((writer) =>
    writer
      .uint16(VERSION)
      .opaque(own.encoded)
      .opaque(own.identityKeys.privateKey)
      .opaque(own.signatureKeys.privateKey)
      .opaque(own.transportSeed)
      .text(own.name),
  )
}

/** Throws `StoreError` where the row is none of ours. */
export function decodeOwnIdentity(crypto: CryptoProvider, bytes: Uint8Array): OwnIdentity {
  return decodeOwnRow("identity", bytes, VERSION, (reader) => {
    const device = readOwnDevice(crypto, reader.opaque(CERTIFICATE_LENGTH))
    const { identityKey, signatureKey } = device.certificate
    return {
      ...device,
      identityKeys: { publicKey: identityKey, privateKey: reader.opaque() },
      signatureKeys: { publicKey: signatureKey, privateKey: reader.opaque() },
      transportSeed: reader.opaque(),
      name: reader.text(1024),
    }
  })
}

/** What this device's leaves say beside its certificate: in each group, and whenever the certificate was made. */
export function ownLeafExtensions(crypto: CryptoProvider, { certificate, transportSeed }: OwnIdentity): Extension[] {
  const { privateKey } = crypto.signature.deriveKeyPair(transportSeed)
  return [{ type: CONSENT_EXTENSION, data: signTransportConsent(crypto, privateKey, certificate) }]
}

function readOwnDevice(crypto: CryptoProvider, encoded: Uint8Array): Device {
  const device = readDevice(crypto, encoded)
  if (device.kind !== "ok") throw new Error("the device certificate of this device is not valid")
  return device.value
}
