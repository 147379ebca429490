import type { Bytes, Milliseconds } from "@starling/kernel"
import type { CryptoProvider } from "@starling/mls"
import { encode } from "@starling/wire"

import { CERTIFICATE_LENGTH, readDevice, readTime, type Device } from "../identity/device-certificate.ts"
import { decodeVersioned, type Versioned } from "../versioned.ts"
import { MAX_NAME, readName } from "./name.ts"

/** Direct protocol `hello`, in both directions: who speaks, and what time it is there. */
export interface Hello {
  readonly device: Device
  readonly name: string
  readonly clock: Milliseconds
}

const VERSION = 1
const MAX_HELLO = CERTIFICATE_LENGTH + MAX_NAME + 32

export function encodeHello(hello: Hello): Bytes {
  return encode((writer) =>
    writer.uint16(VERSION).opaque(hello.device.encoded).text(hello.name).uint64(BigInt(hello.clock)),
  )
}

export function decodeHello(crypto: CryptoProvider, bytes: Uint8Array): Versioned<Hello> {
  const decoded = decodeVersioned(bytes, VERSION, MAX_HELLO, (reader) => ({
    certificate: reader.opaque(CERTIFICATE_LENGTH),
    name: readName(reader),
    clock: readTime(reader),
  }))
  if (decoded.kind !== "ok") return decoded
  const { certificate, name, clock } = decoded.value
  const device = readDevice(crypto, certificate)
  return device.kind === "ok" ? { kind: "ok", value: { device: device.value, name, clock } } : device
}
