import { absorbRecords } from "../group/absorb-records.ts"
import { forgetInventedFrontier } from "../group/author-record.ts"
import { dropOldStates } from "../group/drop-old-states.ts"
import { additionOf, ancestry } from "../group/forest-node.ts"
import { renewMember } from "../group/renew-member.ts"
import { recallMessages } from "../group/restored.ts"
import { slotOf } from "../group/reconcile.ts"
import { settle } from "../group/settle.ts"
import { outboxKey } from "../invitation/outbox.ts"
import { STRANDED_PATIENCE } from "../limits.ts"
import type { Device } from "../identity/device-certificate.ts"
import type { PeerId } from "../identity/peer-id.ts"
import { noteDoubles } from "../message/superseded.ts"
import { openHanded } from "../message/handed-messages.ts"
import { absorbMessages, takeHanded } from "../message/receive-message.ts"
import { decodeSealedMessage } from "../message/sealed-message.ts"
import { decodeAnswer } from "../peer/answer-frame.ts"
import type { Turn } from "../peer/turn.ts"
import type { StateId } from "../record/operation.ts"
import { decodeRecord } from "../record/record.ts"
import { noteHoldings, noteNotOurs, noteSupersededNumbers } from "./note-holdings.ts"
import { partnersOf } from "./partners.ts"
import { exchangeSoon, requestSync, takesPart } from "./request-sync.ts"
import { decodeSyncAnswer, SYNC_VERSION, versionBefore, type SyncAnswer } from "./sync-frames.ts"
import { goOn } from "./sync-pass.ts"

/** Takes in what a member had that this device lacked; asks on while that brings it forward. */
export function receiveSync(turn: Turn, uuid: string, from: PeerId, payload: Uint8Array): void {
  const group = turn.state.durable.groups.get(uuid)
  const answer = decodeAnswer(payload)
  if (group === undefined || !takesPart(group) || answer.kind !== "ok") return
  if (answer.value.status === "newer-version") askInFormerVersion(turn, uuid, from)
  if (answer.value.status !== "ok") return
  const decoded = decodeSyncAnswer(answer.value.body)
  if (decoded.kind !== "ok") return
  const { recordBytes, messageBytes, handed, doubles, more, next } = decoded.value
  const records = recordBytes.flatMap((bytes) => {
    const record = decodeRecord(turn.crypto, bytes)
    return record.kind === "ok" ? [record.value] : []
  })
  const messages = messageBytes.flatMap((bytes) => {
    const message = decodeSealedMessage(bytes)
    return message.kind === "ok" ? [message.value] : []
  })
  absorbRecords(turn, uuid, records)
  // Before what the records lead to: that may be the end of this device's membership.
  absorbMessages(turn, uuid, messages)
  settle(turn, uuid)
  if (!takesPart(turn.group(uuid))) return
  dropOldStates(turn, uuid)
  absorbMessages(turn, uuid, messages)
  const after = turn.group(uuid)
  const device = partnersOf(after, turn.own.peerId).get(from)
  // Who is no member is told nothing of what is held here: it asks on itself.
  if (device === undefined) return
  const given = handed === undefined ? [] : openHanded(turn, uuid, handed)
  if (decoded.value.out) renewFormer(turn, uuid, device, decoded.value)
  else {
    takeHanded(turn, uuid, given)
    noteNotOurs(turn, uuid, decoded.value.notYours)
    noteSupersededNumbers(turn, uuid, device.device, decoded.value.superseded)
    noteDoubles(turn, uuid, device.device, doubles)
    noteHoldings(turn, uuid, device.device, decoded.value)
  }
  const ownWords = given.filter((message) => message.device === turn.own.device)
  const isRecalled = recallMessages(turn, uuid, [...decoded.value.forgotten, ...ownWords])
  const isNews = after.held.get(device.device) !== group.held.get(device.device)
  const progress = after.records !== group.records || after.held !== group.held
  const goesOn = goOn(turn, uuid, from, next)
  if (more && progress) requestSync(turn, uuid, from)
  else if (goesOn || isNews || isRecalled) exchangeSoon(turn, uuid, from)
  if (more && (progress || goesOn)) return
  turn.changeWork(uuid, { syncedAt: turn.now })
  if (!more) forgetInventedFrontier(turn, uuid, device.device)
}

/** The version before the one that was refused, until the connection ends. */
function askInFormerVersion(turn: Turn, uuid: string, from: PeerId): void {
  const spoken = turn.state.formerSync.get(from) ?? SYNC_VERSION
  if (spoken === 1) return
  turn.state = { ...turn.state, formerSync: new Map(turn.state.formerSync).set(from, versionBefore(spoken)) }
  requestSync(turn, uuid, from)
}

/**
 * A device says that it is out, and by the operations it is not: it was put out by what has become void since, and names a tip behind
 * its addition, or it lost the Welcome, and nobody is asked there. Its leaf is of no use to it, so it is removed and invited anew.
 */
function renewFormer(
  turn: Turn,
  uuid: string,
  device: Device,
  { tip, invited }: Pick<SyncAnswer, "tip" | "invited">,
): void {
  const group = turn.group(uuid)
  const addedAt = additionOf(group.forest, group.live, device.identity)
  if (addedAt === undefined) return
  const wasIn = ancestry(group.forest, tip).some(({ sid }) => sid === addedAt.sid)
  if (wasIn || (!invited && isStranded(turn, uuid, device, addedAt.sid))) renewMember(turn, uuid, device)
}

/** Where the Welcome of that state is on its way, or may be, it is left time to come. */
function isStranded(turn: Turn, uuid: string, { identity }: Device, sid: StateId): boolean {
  if (turn.state.durable.outbox.has(outboxKey(uuid, identity))) return false
  const { strandedSince } = turn.work(uuid)
  const key = `${identity} ${sid}`
  const since = strandedSince.get(key)
  if (since === undefined) turn.changeWork(uuid, { strandedSince: new Map(strandedSince).set(key, turn.now) })
  return since !== undefined && turn.now - since >= STRANDED_PATIENCE + slotOf(turn, turn.group(uuid))
}
