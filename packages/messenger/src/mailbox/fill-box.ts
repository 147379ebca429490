import { concat, type Bytes } from "@starling/kernel"

import { sealEnvelope } from "../group/envelope.ts"
import { derive, type Era } from "../group/era.ts"
import type { Group } from "../group/group.ts"
import type { DeviceKey } from "../identity/device-certificate.ts"
import type { PeerId } from "../identity/peer-id.ts"
import { MAX_BOXED_RECORDS, PAST_PROBES, SYNC_BUDGET } from "../limits.ts"
import { readSealed } from "../message/keep-sealed.ts"
import { encodeSealedMessage } from "../message/sealed-message.ts"
import { addToVector, descending, joinSets, missingFrom, type MessageVector, type SeqSet } from "../message/seq-set.ts"
import type { Turn } from "../peer/turn.ts"
import { decodeCommitRecord } from "../record/commit-record.ts"
import { bytesOf } from "../record/operation.ts"
import { RECORD_KINDS, type LoggedRecord } from "../record/record.ts"
import { boxedEras } from "./boxed-eras.ts"
import type { PutEntry } from "./mailbox-frames.ts"
import { boxedName, type NotedOf, type Put } from "./mailbox-work.ts"
import { shownForAll } from "../sync/name-messages.ts"
import { NOTE_VERSION, signReceiptNote } from "./receipt-note.ts"
import { changeMailboxWork, mailboxWork } from "./rounds.ts"

export interface NextPut {
  readonly era: Era
  readonly entries: readonly PutEntry[]
  readonly put: Put
}

const NO_SLOT = new Uint8Array(0)

/**
 * What to put into which box next: first records, without which nobody can come to the states that messages are sent
 * in, then messages, each in its own era's box, and a note of what has arrived here. `undefined` where all of it is there.
 */
export function nextPut(turn: Turn, uuid: string, peerId: PeerId): NextPut | undefined {
  for (const era of boxedEras(turn.group(uuid))) {
    const records = recordsToPut(turn, uuid, peerId, era)
    if (records !== undefined) return records
  }
  changeMailboxWork(turn, uuid, peerId, { settled: turn.group(uuid).records })
  return messagesToPut(turn, uuid, peerId) ?? noteToPut(turn, uuid, peerId)
}

function recordsToPut(turn: Turn, uuid: string, peerId: PeerId, era: Era): NextPut | undefined {
  const group = turn.group(uuid)
  const { records: known, settled } = mailboxWork(turn, uuid, peerId)
  if (settled === group.records) return undefined
  const entries: PutEntry[] = []
  const names: string[] = []
  let left = SYNC_BUDGET
  for (const { hash, encoded } of recordsFor(group, era)) {
    const name = boxedName(era.id, hash)
    if (known.has(name)) continue
    if (names.length > 0 && left < encoded.length) break
    left -= encoded.length
    names.push(name)
    entries.push({ slot: NO_SLOT, envelope: sealEnvelope(turn.crypto, era, "upd", encoded) })
  }
  if (names.length === 0) return undefined
  return { era, entries, put: { messages: [], records: names, note: undefined } }
}

/**
 * The members of the live era may know every record. Those of a former one need what leads on from it: the COMMITs on
 * its states and the operations that these cite, each with the part of its author's log before it.
 */
function recordsFor(group: Group, era: Era): readonly LoggedRecord[] {
  if (group.forest.get(group.live)?.era?.id === era.id) return group.records.slice(-MAX_BOXED_RECORDS)
  const byHash = new Map(group.records.map((record) => [record.hash, record]))
  const upTo = new Map<DeviceKey, number>()
  const need = (record: LoggedRecord | undefined): void => {
    if (record !== undefined) upTo.set(record.author, Math.max(record.seq, upTo.get(record.author) ?? 0))
  }
  for (const record of group.records) {
    const commit = record.kind === RECORD_KINDS.commit ? decodeCommitRecord(record.body) : undefined
    if (commit?.kind !== "ok" || group.forest.get(commit.value.parent)?.era?.id !== era.id) continue
    need(record)
    for (const hash of commit.value.ops) need(byHash.get(hash))
  }
  return group.records.filter(({ author, seq }) => seq <= (upTo.get(author) ?? 0)).slice(-MAX_BOXED_RECORDS)
}

interface Found {
  readonly device: DeviceKey
  readonly seq: number
  readonly bytes: Bytes
}

/** Newest first, until a few in a row are not kept any more: those before them are not either. */
function messagesToPut(turn: Turn, uuid: string, peerId: PeerId): NextPut | undefined {
  const group = turn.group(uuid)
  const { forest } = group
  const eras = new Map(boxedEras(group).map((era) => [era.id, era]))
  let known = mailboxWork(turn, uuid, peerId).messages
  const found = new Map<string, Found[]>()
  let left = SYNC_BUDGET
  for (const [device, held] of group.held) {
    const there = device === turn.own.device ? ownInBox(group, peerId) : (known.get(device) ?? [])
    const missing = missingFrom(held, joinSets(there, known.get(device) ?? []))
    let probes = PAST_PROBES
    for (const seq of descending(missing)) {
      if (left <= 0 || probes === 0) break
      const message = readSealed(turn.env.rows, uuid, device, seq)
      const era = eras.get(forest.get(message?.sid ?? "")?.era?.id ?? "")
      if (message === undefined || era === undefined) {
        probes--
        continue
      }
      probes = PAST_PROBES
      const bytes = encodeSealedMessage(message)
      left -= bytes.length
      const ofEra = found.get(era.id)
      if (ofEra === undefined) found.set(era.id, [{ device, seq, bytes }])
      else ofEra.push({ device, seq, bytes })
    }
    const isBare = ![...found.values()].flat().some((each) => each.device === device)
    if (left > 0 && isBare && missing.length > 0) known = withSet(known, device, missing)
  }
  changeMailboxWork(turn, uuid, peerId, { messages: known })
  for (const [id, messages] of found) {
    const era = eras.get(id)
    if (era === undefined) continue
    const entries = messages
      .toReversed()
      .map(({ bytes }) => ({ slot: NO_SLOT, envelope: sealEnvelope(turn.crypto, era, "msg", bytes) }))
    return { era, entries, put: { messages, records: [], note: undefined } }
  }
  return undefined
}

/** Own messages are known to be in a box only where the mailbox said so to this device itself. */
function ownInBox(group: Group, peerId: PeerId): SeqSet {
  let own: MessageVector = new Map()
  for (const seq of group.delivery.inMailboxes.get(peerId)?.keys() ?? []) own = addToVector(own, "", seq)
  return own.get("") ?? []
}

/** Left where a device has received or seen something since; those who are never met learn of it there. */
function noteToPut(turn: Turn, uuid: string, peerId: PeerId): NextPut | undefined {
  const group = turn.group(uuid)
  const era = group.forest.get(group.live)?.era
  if (era === undefined) return undefined
  const seen: MessageVector = turn.state.durable.settings.receipts ? group.delivery.read : NOTHING
  const others = new Map([...group.held].filter(([device]) => device !== turn.own.device))
  const note: NotedOf = { era: era.id, held: group.held, seen }
  const { noted } = mailboxWork(turn, uuid, peerId)
  if (others.size === 0 || (noted?.era === note.era && noted.held === note.held && noted.seen === seen))
    return undefined
  const { device, signatureKeys } = turn.own
  const payload = signReceiptNote(turn.crypto, signatureKeys.privateKey, {
    version: NOTE_VERSION,
    group: group.id,
    device,
    at: turn.now,
    held: group.held,
    seen,
    shown: shownForAll(group, turn.work(uuid)),
  })
  const slot = derive(turn.crypto, concat(era.key, bytesOf(device)), "mailbox slot", 16)
  const entries = [{ slot, envelope: sealEnvelope(turn.crypto, era, "note", payload) }]
  return { era, entries, put: { messages: [], records: [], note } }
}

const NOTHING: MessageVector = new Map()

function withSet(vector: MessageVector, device: DeviceKey, set: SeqSet): MessageVector {
  return new Map(vector).set(device, joinSets(vector.get(device) ?? [], set))
}
