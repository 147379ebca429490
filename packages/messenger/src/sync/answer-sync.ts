import type { Bytes } from "@starling/kernel"
import type { CryptoProvider } from "@starling/mls"

import { bearerOf } from "../group/bearers.ts"
import { parentsOf } from "../group/causal-past.ts"
import { ancestry } from "../group/forest-node.ts"
import type { Group } from "../group/group.ts"
import { uuidOf } from "../group/group-id.ts"
import { subjectOf } from "../group/membership.ts"
import { devicesOf, hasDevice } from "../group/roster.ts"
import type { Device, DeviceKey } from "../identity/device-certificate.ts"
import type { PeerId } from "../identity/peer-id.ts"
import { SYNC_BUDGET, SYNCS_AT_ONCE } from "../limits.ts"
import { openInvitation } from "../invitation/open-invitations.ts"
import { mayHandTo, sealHanded, type HandedMessage } from "../message/handed-messages.ts"
import { joinVectors, missingFrom, sharedBy } from "../message/seq-set.ts"
import { doublesFor, supersededFor } from "../message/superseded.ts"
import { okAnswer, refusedAnswer } from "../peer/answer-frame.ts"
import type { Turn } from "../peer/turn.ts"
import { RECORD_KINDS, type LoggedRecord, type RecordHash } from "../record/record.ts"
import { headOf, type LogHead } from "../record/record-log.ts"
import { decodeCommitRecord } from "../record/commit-record.ts"
import type { StateId } from "../record/operation.ts"
import { countUnderWay, mayAskNow } from "./ask-by-turns.ts"
import { selectMessages, type SelectedMessages } from "./missing-messages.ts"
import { isOtherwise, selectRecords } from "./missing-records.ts"
import { forgottenBy, shownFor } from "./name-messages.ts"
import { noteHoldings } from "./note-holdings.ts"
import { byPeerId, partnersOf } from "./partners.ts"
import { holdingsOf, requestSyncInTurn, requestSyncOfStranger, takesPart, toldTo } from "./request-sync.ts"
import {
  decodeSyncRequest,
  encodeSyncAnswer,
  type Holdings,
  type SyncAnswer,
  type SyncCursor,
  type SyncRequest,
} from "./sync-frames.ts"

/**
 * Gives a member what it lacks and is entitled to, and asks in turn where it holds more. Somebody who was removed gets
 * what leads up to the removal, and learns nothing of what came after; what it holds may still be news here. Somebody
 * who left goes on telling so.
 */
export function answerSync(turn: Turn, payload: Uint8Array, from: PeerId): Bytes {
  const decoded = decodeSyncRequest(payload)
  if (decoded.kind !== "ok") return refusedAnswer(decoded.kind)
  const request = decoded.value
  const group = turn.state.durable.groups.get(uuidOf(request.group))
  const current = group === undefined ? undefined : partnersOf(group, turn.own.peerId).get(from)
  const device = current ?? (group === undefined ? undefined : formerMember(group, from))
  if (group !== undefined && device === undefined) askInitiated(turn, group, request, from)
  if (group === undefined || device === undefined) return refusedAnswer("not-a-member")
  const records = current === undefined ? recordsForFormer(group, device.device) : group.records
  const { handed, ...answer } = select(turn, group, records, request, device)
  const superseded = supersededFor(group, turn.own.device, request.messages)
  const isToldApart = request.version > 3
  const notYours = isToldApart ? answer.notYours : joinVectors(answer.notYours, superseded)
  const told = current === undefined ? sharedHoldings(turn.crypto, request, group) : holdingsOf(turn.crypto, group, 0)
  const shown = current === undefined ? [] : shownFor(turn, group.uuid, current.device, request.named)
  if (takesPart(group)) {
    if (current !== undefined) noteHoldings(turn, group.uuid, device.device, request)
    if (!request.inTurn && holdsMore(turn.crypto, request, group)) {
      if (current === undefined) requestSyncOfStranger(turn, group.uuid, from, told)
      else if (mayAskNow(turn, group.uuid, from)) requestSyncInTurn(turn, group.uuid, from)
    }
  }
  const { version } = request
  const doubles = doublesFor(turn.group(group.uuid), device.device, request.messages.get(turn.own.device) ?? [])
  const out = !takesPart(group)
  const invited = openInvitation(turn.state, group.uuid) !== undefined
  const rest = { ...toldTo(turn, group.uuid, from), shown, forgotten: [], invited }
  const own = ownWordsFor(turn, group.uuid, device.device, request)
  const sealed = sealHanded(turn, group.uuid, device.device, [...handed, ...own])
  return okAnswer(
    encodeSyncAnswer({ version, ...told, ...answer, handed: sealed, notYours, superseded, doubles, out, ...rest }),
  )
}

/**
 * Nobody who is a member knows a device whose only inviter forgot it, having gone back to a backup. Where it shows that it holds
 * records of the group, by a hash that only they give, it is asked for what brought it in: so it comes to be a member, or is told why not.
 */
function askInitiated(turn: Turn, group: Group, request: SyncRequest, from: PeerId): void {
  if (request.inTurn || !takesPart(group) || countUnderWay(turn, group.uuid) >= SYNCS_AT_ONCE) return
  const alike = [...request.records].filter(([device, theirs]) => {
    const ours = headOf(turn.crypto, group.logs, device, theirs.length)
    return ours?.length === theirs.length && ours.head === theirs.head
  })
  if (alike.length === 0) return
  const told = { records: new Map(alike), messages: new Map(), untold: new Map(), tip: request.tip }
  requestSyncOfStranger(turn, group.uuid, from, told)
}

/** What the asker has forgotten of its own words: for those who speak a version in which that is sealed. */
function ownWordsFor(turn: Turn, uuid: string, device: DeviceKey, request: SyncRequest): readonly HandedMessage[] {
  const isSealed = request.version > 4 && mayHandTo(turn.group(uuid), device)
  return isSealed ? forgottenBy(turn, uuid, device, request) : []
}

function formerMember(group: Group, peerId: PeerId): Device | undefined {
  const rosters = new Set(Array.from(group.forest.values(), ({ roster }) => roster))
  const bearers = [...rosters].flatMap((roster) => devicesOf(roster).filter((device) => device.peerId === peerId))
  return byPeerId(group.membership.seniority, bearers).get(peerId)
}

/**
 * Of each log the part up to the last record that leads to a state which the device was a member of, or out of it, or
 * that says why it is a member no more, or that one of these depends on.
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
  // An operation counts where everything is held that it depends on.
  for (const hash of hashes)
    for (const before of parentsOf(group.operations, group.operations.get(hash))) hashes.add(before)
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
  const chain = new Set([bearerOf(group, device) ?? ""])
  for (const identity of chain)
    for (const op of operations) if (op.change.kind === "add" && subjectOf(op) === identity) chain.add(op.author)
  return operations.filter((op) => op.change.kind !== "add" && chain.has(subjectOf(op))).map(({ hash }) => hash)
}

/** What the asker lacks, records first: as much as one answer holds, and from where to go on. */
function select(
  { crypto, env }: Turn,
  group: Group,
  records: readonly LoggedRecord[],
  request: SyncRequest,
  device: Device,
): Omit<SelectedMessages, "end"> & Pick<SyncAnswer, "recordBytes" | "more" | "next"> {
  const { recordBytes, left, end } = selectRecords(crypto, group, records, request, SYNC_BUDGET)
  const start = request.after ?? FIRST
  if (end !== undefined) {
    const next = { ...start, records: end }
    return { recordBytes, messageBytes: [], handed: [], notYours: new Map(), more: true, next }
  }
  const messages = selectMessages(group, request, device.device, env.rows, left)
  const next = messages.end === undefined ? undefined : { ...messages.end, records: records.length }
  const { messageBytes, handed, notYours } = messages
  return { recordBytes, messageBytes, handed, notYours, more: next !== undefined, next }
}

const FIRST: SyncCursor = { records: 0, device: "", seq: 0 }

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
  return { records, messages, untold: request.untold, tip: request.tip }
}
