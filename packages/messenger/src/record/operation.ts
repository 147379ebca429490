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
  | { readonly kind: "role"; readonly identity: IdentityId; readonly role: Role }
  | { readonly kind: "policy"; readonly policy: Policy }

export type Role = "member" | "admin" | "owner"

/** Who may do what in a group. Everybody may leave. */
export interface Policy {
  readonly invite: "everyone" | "admins"
  /** Admins, and owners, remove those of lower roles; where everyone may, they are equals. */
  readonly remove: "everyone" | "admins"
}

/** Members are equals, as they were in every group of version 0.1. */
export const EQUALS: Policy = { invite: "everyone", remove: "everyone" }

/** Body of a record of kind OP. */
export interface Operation {
  readonly change: Change
  /** The operations that no other known operation depends on: at most 8. */
  readonly deps: readonly RecordHash[]
}

const TYPES = { add: 1, remove: 2, leave: 3, role: 4, policy: 5 } as const
const ROLES = ["member", "admin", "owner"] as const
const CIRCLES = ["everyone", "admins"] as const

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

export function writePolicy(writer: Writer, { invite, remove }: Policy): void {
  writer.uint8(CIRCLES.indexOf(invite)).uint8(CIRCLES.indexOf(remove))
}

export function readPolicy(reader: Reader): Policy {
  const readCircle = (): "everyone" | "admins" => CIRCLES[reader.uint8()] ?? reader.fail("a policy that is none")
  return { invite: readCircle(), remove: readCircle() }
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
    case "role":
      writer.fixed(identityBytes(change.identity)).uint8(ROLES.indexOf(change.role))
      return
    case "policy":
      writePolicy(writer, change.policy)
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
    case TYPES.role: {
      const identity = toBase32(reader.fixed(32))
      return { kind: "role", identity, role: ROLES[reader.uint8()] ?? reader.fail("a role that is none") }
    }
    case TYPES.policy:
      return { kind: "policy", policy: readPolicy(reader) }
    default:
      return reader.fail(`an operation of unknown type ${type}`)
  }
}
