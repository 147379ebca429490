import { toHex, utf8, type Bytes } from "@starling/kernel"
import { exportSecret } from "@starling/mls"
import { decode, encode, type Reader, type Writer } from "@starling/wire"

import { stateOf } from "../group/forest-node.ts"
import type { Group } from "../group/group.ts"
import { hasDevice } from "../group/roster.ts"
import type { DeviceKey } from "../identity/device-certificate.ts"
import { MAX_FORGOTTEN, MAX_HANDED } from "../limits.ts"
import type { Turn } from "../peer/turn.ts"
import { MAX_DIRECT_BYTES } from "../ports/transport.ts"
import { bytesOf, type StateId } from "../record/operation.ts"
import { readSignedMessage, writeSignedMessage, type SignedMessage } from "./signed-message.ts"

/** A message that a member hands to another one, who is its author only where it has forgotten it. */
export interface HandedMessage extends SignedMessage {
  readonly device: DeviceKey
}

/**
 * Messages that are handed on, sealed under a key that follows from the giver's live state: who has stolen a device's keys, and no longer those of
 * the group since they were renewed, learns nothing by asking in its place.
 */
export interface SealedHand {
  readonly sid: StateId
  readonly nonce: Bytes
  readonly ciphertext: Bytes
}

const LABEL = "starling handed"

/** Whether there is a state in which both are: nothing is handed on to anybody else. */
export function mayHandTo({ forest, live, phase }: Group, receiver: DeviceKey): boolean {
  const node = forest.get(live)
  return phase === "active" && stateOf(node) !== undefined && hasDevice(node?.roster ?? [], receiver)
}

/** `undefined` where there is nothing to hand on. */
export function sealHanded(
  turn: Turn,
  uuid: string,
  receiver: DeviceKey,
  messages: readonly HandedMessage[],
): SealedHand | undefined {
  const { live: sid } = turn.group(uuid)
  const secret = messages.length === 0 ? undefined : secretFor(turn, uuid, sid, receiver)
  if (secret === undefined) return undefined
  const payload = encode((writer) => writer.vector(messages, writeHandedMessage))
  const { suite } = turn.crypto
  const nonce = turn.crypto.hmac(turn.crypto.expand(secret, utf8("nonce"), 32), payload).slice(0, suite.aeadNonceLength)
  const key = turn.crypto.expand(secret, utf8("content"), suite.aeadKeyLength)
  return { sid, nonce, ciphertext: turn.crypto.aead.seal(key, nonce, bytesOf(sid), payload) }
}

/** Nothing where this device does not hold the state: it asks again, and comes to hold the state that the others are in. */
export function openHanded(turn: Turn, uuid: string, { sid, nonce, ciphertext }: SealedHand): readonly HandedMessage[] {
  const secret = secretFor(turn, uuid, sid, turn.own.device)
  if (secret === undefined) return []
  const key = turn.crypto.expand(secret, utf8("content"), turn.crypto.suite.aeadKeyLength)
  const payload = turn.crypto.aead.open(key, nonce, bytesOf(sid), ciphertext)
  if (payload === undefined) return []
  const messages = decode(payload, (reader) => reader.vector(readHandedMessage, MAX_HANDED + MAX_FORGOTTEN))
  return messages.kind === "ok" ? messages.value : []
}

export function writeSealedHand(writer: Writer, { sid, nonce, ciphertext }: SealedHand): void {
  writer.fixed(bytesOf(sid)).fixed(nonce).opaque(ciphertext)
}

export function readSealedHand(reader: Reader): SealedHand {
  return { sid: toHex(reader.fixed(32)), nonce: reader.fixed(12), ciphertext: reader.opaque(MAX_DIRECT_BYTES) }
}

function secretFor(turn: Turn, uuid: string, sid: StateId, receiver: DeviceKey): Bytes | undefined {
  const state = stateOf(turn.group(uuid).forest.get(sid))
  return state === undefined ? undefined : exportSecret(turn.mlsOf(state), state, LABEL, bytesOf(receiver), 32)
}

function writeHandedMessage(writer: Writer, message: HandedMessage): void {
  writeSignedMessage(writer.fixed(bytesOf(message.device)), message)
}

function readHandedMessage(reader: Reader): HandedMessage {
  return { device: toHex(reader.fixed(32)), ...readSignedMessage(reader) }
}
