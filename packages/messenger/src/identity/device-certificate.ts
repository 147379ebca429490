import { equalBytes, malformed, Recent, toHex, utf8, type Bytes, type Milliseconds } from "@starling/kernel"
import type { CryptoProvider } from "@starling/mls"
import { encode, type Reader, type Writer } from "@starling/wire"

import { decodeVersioned, type Versioned } from "../versioned.ts"
import { MAX_REMEMBERED_DEVICES } from "../limits.ts"
import { identityId, type IdentityId } from "./identity-id.ts"
import { peerIdOf, type PeerId } from "./peer-id.ts"

/** Names a device: its MLS signature key in hexadecimal. */
export type DeviceKey = string

/** An identity's word that a device is its own: the MLS credential of that device. */
export interface DeviceCertificate {
  readonly identityKey: Bytes
  /** Of the device's MLS leaf; signs records too. */
  readonly signatureKey: Bytes
  /** Ed25519 key behind the device's PeerId. */
  readonly transportKey: Bytes
  readonly createdAt: Milliseconds
  readonly signature: Bytes
}

/** A certificate whose signature was verified, with what follows from it. */
export interface Device {
  readonly certificate: DeviceCertificate
  readonly encoded: Bytes
  readonly identity: IdentityId
  readonly device: DeviceKey
  readonly peerId: PeerId
}

const VERSION = 1
const LABEL = utf8("starling device certificate 1")
export const CERTIFICATE_LENGTH = 170

type Unsigned = Omit<DeviceCertificate, "signature">

export function certifyDevice(
  crypto: CryptoProvider,
  identityPrivateKey: Uint8Array,
  device: Unsigned,
): DeviceCertificate {
  return { ...device, signature: crypto.signature.sign(identityPrivateKey, signedContent(device)) }
}

export function encodeCertificate(certificate: DeviceCertificate): Bytes {
  return encode((writer) => {
    writeUnsigned(writer, certificate)
    writer.fixed(certificate.signature)
  })
}

export function decodeCertificate(bytes: Uint8Array): Versioned<DeviceCertificate> {
  return decodeVersioned(bytes, VERSION, CERTIFICATE_LENGTH, readBody)
}

/** Decodes a certificate and checks that the identity signed it; of one that was good the last time, nothing is worked out again. */
export function readDevice(crypto: CryptoProvider, bytes: Uint8Array): Versioned<Device> {
  if (bytes.length !== CERTIFICATE_LENGTH) return readNewDevice(crypto, bytes)
  const good = goodDevices.get(crypto) ?? new Recent<Device>(MAX_REMEMBERED_DEVICES)
  goodDevices.set(crypto, good)
  const name = toHex(bytes.subarray(CERTIFICATE_LENGTH - 64, CERTIFICATE_LENGTH - 48))
  const known = good.get(name)
  if (known !== undefined && equalBytes(known.encoded, bytes)) return { kind: "ok", value: known }
  const read = readNewDevice(crypto, bytes)
  if (read.kind === "ok") good.set(name, read.value)
  return read
}

/** The certificates that were good, by how their signatures begin: each of a member's KeyPackages and leaves bears the same one. */
const goodDevices = new WeakMap<CryptoProvider, Recent<Device>>()

function readNewDevice(crypto: CryptoProvider, bytes: Uint8Array): Versioned<Device> {
  const decoded = decodeCertificate(bytes)
  if (decoded.kind !== "ok") return decoded
  const certificate = decoded.value
  if (!crypto.signature.verify(certificate.identityKey, signedContent(certificate), certificate.signature))
    return malformed("a device that its identity did not sign")
  return { kind: "ok", value: describeDevice(crypto, certificate) }
}

/** What follows from a certificate that is known to be good. */
export function describeDevice(crypto: CryptoProvider, certificate: DeviceCertificate): Device {
  return {
    certificate,
    encoded: encodeCertificate(certificate),
    identity: identityId(crypto, certificate.identityKey),
    device: toHex(certificate.signatureKey),
    peerId: peerIdOf(certificate.transportKey),
  }
}

/** Whether two certificates are for one device of one identity; one may be of another time. */
export function isSameDevice(one: Device, other: Device): boolean {
  return one.device === other.device && one.identity === other.identity
}

function signedContent(device: Unsigned): Bytes {
  return encode((writer) => {
    writer.opaque(LABEL)
    writeUnsigned(writer, device)
  })
}

function writeUnsigned(writer: Writer, device: Unsigned): void {
  writer
    .uint16(VERSION)
    .fixed(device.identityKey)
    .fixed(device.signatureKey)
    .fixed(device.transportKey)
    .uint64(BigInt(device.createdAt))
}

function readBody(reader: Reader): DeviceCertificate {
  return {
    identityKey: reader.fixed(32),
    signatureKey: reader.fixed(32),
    transportKey: reader.fixed(32),
    createdAt: readTime(reader),
    signature: reader.fixed(64),
  }
}

/** `uint64` milliseconds within what a number holds exactly. */
export function readTime(reader: Reader): Milliseconds {
  const time = reader.uint64()
  return time > BigInt(Number.MAX_SAFE_INTEGER) ? reader.fail("a time past all calendars") : Number(time)
}
