import { assertNever, fromHex, toBase32, toHex, type Bytes, type Decoded } from "@starling/kernel"
import type { CryptoProvider } from "@starling/mls"
import { decode, encode, type Reader, type Writer } from "@starling/wire"

import { readName } from "../contacts/name.ts"
import { CERTIFICATE_LENGTH, readDevice, type Device } from "../identity/device-certificate.ts"
import { identityBytes, type IdentityId } from "../identity/identity-id.ts"
import { MAX_DEPENDENCIES } from "../limits.ts"
import type { RecordHash } from "./record.ts"

/** Names a state of a group: its confirmed transcript hash (RFC 9420, 8.2), in hexadecimal. */
export type StateId = string

/** What a member wants of the membership; realised by some member's commit. */
export type Change =
  | { readonly kind: "add"; readonly device: Device; readonly name: string }
  /** `after`: the state that the author was in; what the removed one commits elsewhere is void. */
  | { readonly kind: "remove"; readonly identity: IdentityId; readonly after: StateId }
  | { readonly kind: "leave"; readonly after: StateId }

/** Body of a record of kind OP. */
export interface Operation {
  readonly change: Change
  /** The operations that no other known operation depends on: at most 8. */
  readonly deps: readonly RecordHash[]
}

const TYPES = { add: 1, remove: 2, leave: 3 } as const

export function encodeOperation(operation: Operation): Bytes {
  return encode((writer) => {
    writeChange(writer, operation.change)
    writer.vector(operation.deps, (w, hash) => w.fixed(bytesOf(hash)))
  })
}

export function decodeOperation(crypto: CryptoProvider, body: Uint8Array): Decoded<Operation> {
  return decode(body, (reader) => ({
    change: readChange(crypto, reader),
    deps: reader.vector((r) => toHex(r.fixed(32)), MAX_DEPENDENCIES),
  }))
}

/** The bytes that a name in hexadecimal stands for. */
export function bytesOf(hex: string): Bytes {
  const bytes = fromHex(hex)
  if (bytes === undefined) throw new RangeError("not hexadecimal")
  return bytes
}

function writeChange(writer: Writer, change: Change): void {
  writer.uint8(TYPES[change.kind])
  switch (change.kind) {
    case "add":
      writer.opaque(change.device.encoded).text(change.name)
      return
    case "remove":
      writer.fixed(identityBytes(change.identity)).fixed(bytesOf(change.after))
      return
    case "leave":
      writer.fixed(bytesOf(change.after))
      return
    default:
      assertNever(change)
  }
}

function readChange(crypto: CryptoProvider, reader: Reader): Change {
  const type = reader.uint8()
  switch (type) {
    case TYPES.add: {
      const device = readDevice(crypto, reader.opaque(CERTIFICATE_LENGTH))
      if (device.kind !== "ok") return reader.fail("an added device that its identity did not sign")
      return { kind: "add", device: device.value, name: readName(reader) }
    }
    case TYPES.remove:
      return { kind: "remove", identity: toBase32(reader.fixed(32)), after: toHex(reader.fixed(32)) }
    case TYPES.leave:
      return { kind: "leave", after: toHex(reader.fixed(32)) }
    default:
      return reader.fail(`an operation of unknown type ${type}`)
  }
}
