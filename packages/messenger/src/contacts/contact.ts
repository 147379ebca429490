import type { Bytes, Milliseconds } from "@starling/kernel"
import type { CryptoProvider } from "@starling/mls"
import { encode } from "@starling/wire"

import { CERTIFICATE_LENGTH, readDevice, readTime, type Device } from "../identity/device-certificate.ts"
import { StoreError } from "../ports/store.ts"
import { decodeOwnRow } from "../versioned.ts"

/** Somebody whom this device's person chose to know. */
export interface Contact {
  readonly device: Device
  readonly name: string
  /** The safety numbers were compared. */
  readonly verified: boolean
  readonly addresses: readonly string[]
  readonly addedAt: Milliseconds
}

const VERSION = 1

export function encodeContact(contact: Contact): Bytes {
  return encode((writer) =>
    writer
      .uint16(VERSION)
      .opaque(contact.device.encoded)
      .text(contact.name)
      .uint8(contact.verified ? 1 : 0)
      .vector(contact.addresses, (w, address) => w.text(address))
      .uint64(BigInt(contact.addedAt)),
  )
}

/** Throws `StoreError` where the row is none of ours. */
export function decodeContact(crypto: CryptoProvider, bytes: Uint8Array): Contact {
  return decodeOwnRow("contact", bytes, VERSION, (reader) => {
    const device = readDevice(crypto, reader.opaque(CERTIFICATE_LENGTH))
    if (device.kind !== "ok") throw new StoreError("corrupt", "a contact whose certificate is not valid")
    return {
      device: device.value,
      name: reader.text(1024),
      verified: reader.uint8() === 1,
      addresses: reader.vector((r) => r.text(1024)),
      addedAt: readTime(reader),
    }
  })
}
