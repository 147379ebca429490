import { equalBytes, type Bytes, type Decoded, type Milliseconds } from "@starling/kernel"
import type { FieldElement } from "@starling/proof"
import { decode, encode, type Reader, type Writer } from "@starling/wire"
import { readField, writeField } from "../frames/field.ts"
import { readHead, startsAs, writeHead } from "../frames/head.ts"
import {
  DIGEST_BYTES,
  isKeySize,
  LOCAL_PROVIDER_ID_BYTES,
  MAX_FRAME_BYTES,
  SERVICE_ID_BYTES,
  type KeySize,
} from "../protocol.ts"
import { KEM_SEED_BYTES } from "../sealed-key.ts"

/** A request that was or will be sent, until its key is in the pool. */
export interface PendingRequest {
  readonly epoch: number
  readonly revision: number
  readonly closesAt: Milliseconds
  /** Index within the quota; hidden in the proof. */
  readonly k: number
  readonly keySize: KeySize
  readonly kemSeed: Bytes
  readonly localProvider: Bytes
  readonly localProviderName: string
  readonly context: FieldElement
  readonly nullifier: FieldElement
  readonly anonymitySet: number
  readonly proofMilliseconds: number
  /** Names the delivery to the pool, which takes the same one only once. 16 hexadecimal digits. */
  readonly delivery: string
  /** The key request frame. */
  readonly request: Bytes
}

/** The newest epoch that this client has seen, so that nobody shows it another one, or an older one, unnoticed. */
export interface SeenEpoch {
  readonly epoch: number
  readonly revision: number
  readonly statement: Bytes
}

/** What one platform knows this device by, and what it must never know. */
export interface Membership {
  readonly service: Bytes
  readonly secret: FieldElement
  readonly trapdoor: FieldElement
  /** 0 until the AS has confirmed the registration. */
  readonly quota: number
  readonly seen: SeenEpoch | undefined
  /** The epoch that `nextK` counts in. */
  readonly epoch: number
  readonly nextK: number
  readonly pending: PendingRequest | undefined
}

export interface ClientState {
  readonly memberships: readonly Membership[]
}

const MAX_STATE_BYTES = 1 << 20

export function membershipOf(state: ClientState, service: Uint8Array): Membership | undefined {
  return state.memberships.find((membership) => equalBytes(membership.service, service))
}

/** Replaces the membership of the same service, or adds this one. */
export function withMembership(state: ClientState, membership: Membership): ClientState {
  const others = state.memberships.filter(({ service }) => !equalBytes(service, membership.service))
  return { memberships: [...others, membership] }
}

export function encodeClientState(state: ClientState): Bytes {
  return encode((w) => writeHead(w, "client state").vector(state.memberships, writeMembership), 4096)
}

export function decodeClientState(bytes: Uint8Array): Decoded<ClientState> {
  return decode(
    bytes,
    (r) => {
      readHead(r, "client state")
      return { memberships: r.vector(readMembership, 1024) }
    },
    MAX_STATE_BYTES,
  )
}

/** Whether the bytes are a client's state, perhaps of a later version. */
export function isClientState(bytes: Uint8Array): boolean {
  return startsAs(bytes, "client state")
}

function writeMembership(writer: Writer, membership: Membership): void {
  writeField(writeField(writer.fixed(membership.service), membership.secret), membership.trapdoor)
  writer.uint16(membership.quota).optional(membership.seen, (w, seen) => {
    w.uint32(seen.epoch).uint16(seen.revision).fixed(seen.statement)
  })
  writer.uint32(membership.epoch).uint16(membership.nextK).optional(membership.pending, writePending)
}

function readMembership(reader: Reader): Membership {
  return {
    service: reader.fixed(SERVICE_ID_BYTES),
    secret: readField(reader),
    trapdoor: readField(reader),
    quota: reader.uint16(),
    seen: reader.optional((r) => ({ epoch: r.uint32(), revision: r.uint16(), statement: r.fixed(DIGEST_BYTES) })),
    epoch: reader.uint32(),
    nextK: reader.uint16(),
    pending: reader.optional(readPending),
  }
}

function writePending(writer: Writer, pending: PendingRequest): void {
  writer.uint32(pending.epoch).uint16(pending.revision).uint64(BigInt(pending.closesAt))
  writer.uint16(pending.k).uint16(pending.keySize).fixed(pending.kemSeed)
  writer.fixed(pending.localProvider).text(pending.localProviderName)
  writeField(writeField(writer, pending.context), pending.nullifier)
  writer.uint32(pending.anonymitySet).uint32(pending.proofMilliseconds).text(pending.delivery).opaque(pending.request)
}

function readPending(reader: Reader): PendingRequest {
  const seal = {
    epoch: reader.uint32(),
    revision: reader.uint16(),
    closesAt: Number(reader.uint64()),
    k: reader.uint16(),
  }
  const size = reader.uint16()
  return {
    ...seal,
    keySize: isKeySize(size) ? size : reader.fail(`a key of ${size} bytes`),
    kemSeed: reader.fixed(KEM_SEED_BYTES),
    localProvider: reader.fixed(LOCAL_PROVIDER_ID_BYTES),
    localProviderName: reader.text(256),
    context: readField(reader),
    nullifier: readField(reader),
    anonymitySet: reader.uint32(),
    proofMilliseconds: reader.uint32(),
    delivery: reader.text(16),
    request: reader.opaque(MAX_FRAME_BYTES),
  }
}
