import type { Bytes } from "@starling/kernel"
import type { CryptoProvider } from "@starling/mls"

import { ancestry } from "../group/forest-node.ts"
import type { Group } from "../group/group.ts"
import { uuidOf } from "../group/group-id.ts"
import { subjectOf } from "../group/membership.ts"
import { findDevice } from "../group/rebuild-group.ts"
import { hasDevice } from "../group/roster.ts"
import type { Device, DeviceKey } from "../identity/device-certificate.ts"
import type { PeerId } from "../identity/peer-id.ts"
import { PAST_PROBES, SYNC_BUDGET } from "../limits.ts"
import { readSealed } from "../message/keep-sealed.ts"
import { encodeSealedMessage } from "../message/sealed-message.ts"
import { addSeq, hasSeq, joinVectors, missingFrom, sharedBy, type SeqSet } from "../message/seq-set.ts"
import { okAnswer, refusedAnswer } from "../peer/answer-frame.ts"
import { jitter } from "../peer/jitter.ts"
import type { Turn } from "../peer/turn.ts"
import type { Store } from "../ports/store.ts"
import { RECORD_KINDS, type LoggedRecord, type RecordHash } from "../record/record.ts"
import { headOf, type LogHead } from "../record/record-log.ts"
import { decodeCommitRecord } from "../record/commit-record.ts"
import type { StateId } from "../record/operation.ts"
import { mayAskNow } from "./ask-by-turns.ts"
import { noteHoldings } from "./note-holdings.ts"
import { partnersOf } from "./partners.ts"
import { holdingsOf, requestSyncInTurn, takesPart, toldTo } from "./request-sync.ts"
import { decodeSyncRequest, encodeSyncAnswer, type Holdings, type SyncAnswer, type SyncRequest } from "./sync-frames.ts"

/**
 * Gives a member what it lacks and is entitled to, and asks in turn where it holds more. Somebody who was removed gets
 * what leads up to the removal, and learns nothing of what came after; what it holds may still be news here. Somebody
 * who left goes on telling so.
 */
export function answerSync(turn: Turn, payload: Uint8Array, from: PeerId, reader: Pick<Store, "get">): Bytes {
  const decoded = decodeSyncRequest(payload)
  if (decoded.kind !== "ok") return refusedAnswer(decoded.kind)
  const request = decoded.value
  const group = turn.state.durable.groups.get(uuidOf(request.group))
  const current = group === undefined ? undefined : partnersOf(group, turn.own.peerId).get(from)
  const device = current ?? (group === undefined ? undefined : formerMember(group, from))
  if (group === undefined || device === undefined) return refusedAnswer("not-a-member")
  const records = current === undefined ? recordsForFormer(group, device.device) : group.records
  const answer = select(turn, group, records, request, device, reader)
  const own = superseded(group, request.messages.get(turn.own.device) ?? [])
  const notYours = own.length === 0 ? answer.notYours : joinVectors(answer.notYours, new Map([[turn.own.device, own]]))
  const told = current === undefined ? sharedHoldings(turn.crypto, request, group) : holdingsOf(turn.crypto, group)
  if (takesPart(group)) {
    if (current !== undefined) noteHoldings(turn, group.uuid, device.device, request)
    if (!request.inTurn && holdsMore(turn.crypto, request, group)) {
      const past = current === undefined ? undefined : group.past
      if (current === undefined || mayAskNow(turn, group.uuid, from))
        requestSyncInTurn(turn, group.uuid, from, told, past)
    }
  }
  const { version } = request
  const out = !takesPart(group)
  return okAnswer(encodeSyncAnswer({ version, ...told, ...answer, notYours, out, ...toldTo(turn, group.uuid, from) }))
}

function formerMember(group: Group, peerId: PeerId): Device | undefined {
  for (const { roster } of group.forest.values())
    for (const device of roster) if (device?.peerId === peerId) return device
  return undefined
}

/**
 * Of each log the part up to the last record that leads to a state which the device was a member of, or out of it, or
 * that says why it is a member no more.
 */
function recordsForFormer(group: Group, device: DeviceKey): LoggedRecord[] {
  const entitled = new Set<StateId>()
  for (const node of group.forest.values()) {
    const parent = group.forest.get(node.parent ?? "")
    if (!hasDevice(node.roster, device) && !hasDevice(parent?.roster ?? [], device)) continue
    for (const { sid } of ancestry(group.forest, node.sid)) entitled.add(sid)
  }
  const hashes = new Set(whyOut(group, device))
  for (const sid of entitled) for (const hash of group.forest.get(sid)?.ops ?? []) hashes.add(hash)
  const last = new Map<DeviceKey, number>()
  for (const record of group.records)
    if (hashes.has(record.hash) || entitled.has(stateMadeBy(record) ?? "")) last.set(record.author, record.seq)
  return group.records.filter((record) => record.seq <= (last.get(record.author) ?? 0))
}

function stateMadeBy(record: LoggedRecord): StateId | undefined {
  if (record.kind !== RECORD_KINDS.commit) return undefined
  const commit = decodeCommitRecord(record.body)
  return commit.kind === "ok" ? commit.value.sid : undefined
}

/** The operations that put somebody out: against them, and against those by whom they came in. */
function whyOut(group: Group, device: DeviceKey): RecordHash[] {
  const operations = [...group.operations.values()]
  const chain = new Set([findDevice(group, device)?.identity ?? ""])
  for (const identity of chain)
    for (const op of operations) if (op.change.kind === "add" && subjectOf(op) === identity) chain.add(op.author)
  return operations.filter((op) => op.change.kind !== "add" && chain.has(subjectOf(op))).map(({ hash }) => hash)
}

function select(
  turn: Turn,
  group: Group,
  records: readonly LoggedRecord[],
  request: SyncRequest,
  device: Device,
  reader: Pick<Store, "get">,
): Pick<SyncAnswer, "recordBytes" | "messageBytes" | "more" | "notYours"> {
  const recordBytes: Bytes[] = []
  const messageBytes: Bytes[] = []
  const notYours = new Map<DeviceKey, SeqSet>()
  let left = SYNC_BUDGET
  for (const record of missingRecords(turn, group, records, request)) {
    // However large it is, the first one goes: what it kept back would keep back all that stands behind it.
    if (left < record.encoded.length && recordBytes.length > 0)
      return { recordBytes, messageBytes, notYours, more: true }
    left -= record.encoded.length
    recordBytes.push(record.encoded)
  }
  for (const found of messagesFor(group, request, device.device, reader)) {
    if (found.kind === "not-yours") {
      notYours.set(found.device, addSeq(notYours.get(found.device) ?? [], found.seq))
      continue
    }
    if (left < found.bytes.length) return { recordBytes, messageBytes, notYours, more: true }
    left -= found.bytes.length
    messageBytes.push(found.bytes)
  }
  return { recordBytes, messageBytes, notYours, more: false }
}

/** Own messages that the asker lacks and that went out again under a later number: it gets that one. */
function superseded({ sent }: Group, held: SeqSet): SeqSet {
  const former = sent.flatMap(({ copies }) => copies.slice(0, -1).map(({ seq }) => seq))
  return former.filter((seq) => !hasSeq(held, seq)).reduce<SeqSet>(addSeq, [])
}

/**
 * Of a log that forked and of which the other one holds something else, everything: what it lacks can stand anywhere. Where that is
 * more than one answer holds, each begins elsewhere.
 */
function missingRecords(
  turn: Turn,
  { logs }: Group,
  records: readonly LoggedRecord[],
  request: SyncRequest,
): LoggedRecord[] {
  const from = new Map<DeviceKey, number>()
  for (const [device, theirs] of request.records)
    from.set(device, isOtherwise(headOf(turn.crypto, logs, device, theirs.length), theirs) ? 0 : theirs.length)
  const missing = records.filter(({ author, seq }) => seq > (from.get(author) ?? 0))
  const isWhole = ({ author }: LoggedRecord): boolean => from.get(author) === 0
  const whole = missing.filter(isWhole)
  if (whole.reduce((sum, { encoded }) => sum + encoded.length, 0) <= SYNC_BUDGET) return missing
  const start = jitter(turn, `records at ${turn.now}`, whole.length)
  return [...missing.filter((record) => !isWhole(record)), ...whole.slice(start), ...whole.slice(0, start)]
}

function isOtherwise(ours: LogHead | undefined, theirs: LogHead): boolean {
  return ours?.length === theirs.length && ours.head !== theirs.head
}
type FoundMessage =
  | { readonly kind: "yours"; readonly bytes: Bytes }
  | { readonly kind: "not-yours"; readonly device: DeviceKey; readonly seq: number }

/**
 * Messages of states that the device is a member of, and that it does not hold. What it was told to be from before its
 * time is looked at from the newest on, until a few in a row were indeed: who invited it may have said too much.
 */
function* messagesFor(
  group: Group,
  { messages, past }: SyncRequest,
  requester: DeviceKey,
  reader: Pick<Store, "get">,
): Generator<FoundMessage> {
  const read = (device: DeviceKey, seq: number): FoundMessage | undefined => {
    const message = readSealed(reader, group.uuid, device, seq)
    if (message === undefined) return undefined
    const node = group.forest.get(message.sid)
    if (hasDevice(node?.roster ?? [], requester)) return { kind: "yours", bytes: encodeSealedMessage(message) }
    return node === undefined ? undefined : { kind: "not-yours", device, seq }
  }
  for (const [device, set] of group.held) {
    if (device === requester) continue
    const missing = missingFrom(set, messages.get(device) ?? [])
    const unasked = sharedBy(missing, past.get(device) ?? [])
    const found: FoundMessage[] = []
    let probes = PAST_PROBES
    for (const seq of descending(unasked)) {
      const message = read(device, seq)
      probes = message?.kind === "yours" ? PAST_PROBES : probes - 1
      if (message?.kind === "yours") found.push(message)
      if (probes === 0) break
    }
    yield* found.toReversed()
    for (const { from, to } of missingFrom(missing, unasked)) {
      for (let seq = from; seq <= to; seq++) {
        const message = read(device, seq)
        if (message !== undefined) yield message
      }
    }
  }
}

function* descending(set: SeqSet): Generator<number> {
  for (const { from, to } of set.toReversed()) for (let seq = to; seq >= from; seq--) yield seq
}

function holdsMore(crypto: CryptoProvider, request: SyncRequest, group: Group): boolean {
  for (const [device, theirs] of request.records) {
    const ours = headOf(crypto, group.logs, device, theirs.length)
    if (theirs.length > (ours?.length ?? 0) || isOtherwise(ours, theirs)) return true
  }
  for (const [device, set] of request.messages)
    if (missingFrom(missingFrom(set, group.held.get(device) ?? []), group.past.get(device) ?? []).length > 0)
      return true
  return false
}

/** What both hold: says nothing to the other one that it did not say itself. */
function sharedHoldings(crypto: CryptoProvider, request: SyncRequest, group: Group): Holdings {
  const records = new Map<DeviceKey, LogHead>()
  for (const [device, { length }] of request.records) {
    const shared = headOf(crypto, group.logs, device, length)
    if (shared !== undefined) records.set(device, shared)
  }
  const messages = new Map(
    Array.from(request.messages, ([device, set]) => [device, sharedBy(set, group.held.get(device) ?? [])] as const),
  )
  return { records, messages, tip: request.tip }
}
