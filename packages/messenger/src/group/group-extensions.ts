import { toHex, type Bytes, type Milliseconds } from "@starling/kernel"
import type { CryptoProvider, Extension } from "@starling/mls"
import { encode } from "@starling/wire"

import { readName } from "../contacts/name.ts"
import { CERTIFICATE_LENGTH, readDevice, readTime, type Device } from "../identity/device-certificate.ts"
import { CONSENT_EXTENSION } from "../identity/transport-consent.ts"
import { readMessageVector, writeMessageVector, type MessageVector } from "../message/seq-set.ts"
import { MAX_DEPENDENCIES } from "../limits.ts"
import { bytesOf, EQUALS, readPolicy, writePolicy, type Policy } from "../record/operation.ts"
import type { RecordHash } from "../record/record.ts"
import { decodeVersioned, type Versioned } from "../versioned.ts"

/** What every member holds of a group from its creation on: a GroupContext extension, agreed through MLS. */
export interface Founding {
  readonly name: string
  readonly createdAt: Milliseconds
  /** The first member, from whom all other memberships derive. */
  readonly creator: Device
  readonly creatorName: string
  /** Until an owner sets another one. */
  readonly policy: Policy
}

/** Private use (RFC 9420, 17.3). */
export const FOUNDING_EXTENSION = 0xf5a0
export const JOINING_EXTENSION = 0xf5a1
export const SUPPORTED_EXTENSIONS: readonly number[] = [FOUNDING_EXTENSION, JOINING_EXTENSION, CONSENT_EXTENSION]

/** Version 1 had no policy: members are equals there. */
const FOUNDING_VERSION = 2
const VERSION = 1
const MAX_EXTENSION = 4096
const MAX_JOINING = 1024 * 1024

export function encodeFounding(founding: Founding): Bytes {
  return encode((writer) => {
    writer
      .uint16(FOUNDING_VERSION)
      .text(founding.name)
      .uint64(BigInt(founding.createdAt))
      .opaque(founding.creator.encoded)
      .text(founding.creatorName)
    writePolicy(writer, founding.policy)
  })
}

export function decodeFounding(crypto: CryptoProvider, bytes: Uint8Array): Versioned<Founding> {
  const isFirst = bytes[0] === 0 && bytes[1] === 1
  const decoded = decodeVersioned(bytes, isFirst ? 1 : FOUNDING_VERSION, MAX_EXTENSION, (reader) => ({
    name: readName(reader),
    createdAt: readTime(reader),
    certificate: reader.opaque(CERTIFICATE_LENGTH),
    creatorName: readName(reader),
    policy: isFirst ? EQUALS : readPolicy(reader),
  }))
  if (decoded.kind !== "ok") return decoded
  const { certificate, ...rest } = decoded.value
  const creator = readDevice(crypto, certificate)
  return creator.kind === "ok" ? { kind: "ok", value: { ...rest, creator: creator.value } } : creator
}

/** What a Welcome tells its joiners alone: an extension of the GroupInfo inside. */
export interface Joining {
  /** Of the era, where it began before the state that is joined. */
  readonly eraKey: Bytes | undefined
  /** Operations that no other one known to the inviter depends on: what the joiner's own will depend on. */
  readonly frontier: readonly RecordHash[]
  /** Messages of before, which a joiner never asks for. */
  readonly past: MessageVector
}

export function encodeJoining(joining: Joining): Bytes {
  return encode((writer) => {
    writer.uint16(VERSION).optional(joining.eraKey, (w, key) => w.fixed(key))
    writer.vector(joining.frontier, (w, hash) => w.fixed(bytesOf(hash)))
    writeMessageVector(writer, joining.past)
  })
}

export function decodeJoining(bytes: Uint8Array): Versioned<Joining> {
  return decodeVersioned(bytes, VERSION, MAX_JOINING, (reader) => ({
    eraKey: reader.optional((r) => r.fixed(32)),
    frontier: reader.vector((r) => toHex(r.fixed(32)), MAX_DEPENDENCIES),
    past: readMessageVector(reader),
  }))
}

export function findExtension(extensions: readonly Extension[], type: number): Bytes | undefined {
  return extensions.find((extension) => extension.type === type)?.data
}
