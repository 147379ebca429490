import type { ReceiptNote } from "../mailbox/receipt-note.ts"
import type { MessageId } from "../message/content.ts"
import { notifyDelivery } from "../message/delivery.ts"
import { noteClaims } from "../message/gaps.ts"
import { noteReader } from "../message/read-receipts.ts"
import { noteSuperseded } from "../message/superseded.ts"
import {
  addSeq,
  boundVector,
  joinSets,
  joinVectors,
  missingFrom,
  newestRanges,
  sharedBy,
  type MessageVector,
  type SeqSet,
} from "../message/seq-set.ts"
import { MAX_HELD_RANGES, MAX_PAST_RANGES } from "../limits.ts"
import type { DeviceKey } from "../identity/device-certificate.ts"
import type { Group } from "../group/group.ts"
import { goOut } from "../group/settle.ts"
import type { Turn } from "../peer/turn.ts"
import { headOf } from "../record/record-log.ts"
import { connectedPartners, partnersOf } from "./partners.ts"
import type { Holdings, SyncRequest } from "./sync-frames.ts"

/**
 * What another member's vectors say of this device's own: which messages arrived and were seen, and that it was seen to
 * leave; what it holds of others shows what they wrote.
 */
export function noteHoldings(
  turn: Turn,
  uuid: string,
  device: DeviceKey,
  holdings: Holdings & Pick<SyncRequest, "seen" | "shown" | "version">,
): void {
  const group = turn.group(uuid)
  if (!group.seen.has(device)) turn.changeGroup(uuid, { seen: new Set(group.seen).add(device) })
  if (holdings.version < 3) noteAcks(turn, uuid, device, holdings.messages.get(turn.own.device) ?? [])
  else noteShownThere(turn, uuid, device, holdings)
  noteReader(turn, uuid, device, holdings.seen)
  noteClaims(turn, uuid, holdings.messages)
  if (group.phase === "leaving") noteWitness(turn, uuid, device, holdings)
}

/** What a device left word of in a mailbox. It may have been a while ago, so that nothing is concluded from what it does not say. */
export function noteNoted(turn: Turn, uuid: string, { version, device, held, seen, shown }: ReceiptNote): void {
  const own = turn.own.device
  noteAcks(turn, uuid, device, version === 1 ? (held.get(own) ?? []) : numbersOf(turn.group(uuid), shown))
  noteReader(turn, uuid, device, seen.get(own) ?? [])
  noteClaims(turn, uuid, held)
}

/** Messages that a member holds for others than this device: they are no gaps here. */
export function noteNotOurs(turn: Turn, uuid: string, notYours: MessageVector): void {
  if (notYours.size === 0) return
  const notOurs = boundVector(joinVectors(turn.work(uuid).notOurs, notYours), MAX_PAST_RANGES)
  turn.changeWork(uuid, { notOurs })
}

/**
 * Numbers under which nothing is missed, since the messages went out again. A device's word on its own is kept; what somebody else
 * says of it holds as long as this program runs.
 */
export function noteSupersededNumbers(turn: Turn, uuid: string, from: DeviceKey, superseded: MessageVector): void {
  const others = new Map(superseded)
  others.delete(from)
  noteNotOurs(turn, uuid, others)
  if (noteSuperseded(turn, uuid, from, superseded.get(from) ?? [])) turn.notify({ kind: "group", group: uuid })
}

/**
 * A device that leaves deletes its keys when every connected member has shown that it holds the record which says so, by
 * naming it: one of them alone may keep it from the others.
 */
function noteWitness(turn: Turn, uuid: string, device: DeviceKey, holdings: Holdings): void {
  const group = turn.group(uuid)
  const own = headOf(turn.crypto, group.logs, turn.own.device)
  if (own === undefined || holdings.records.get(turn.own.device)?.head !== own.head) return
  const witnesses = new Set(turn.work(uuid).witnesses).add(device)
  turn.changeWork(uuid, { witnesses })
  const partners = partnersOf(group, turn.own.peerId)
  const connected = connectedPartners(turn, group).map((peerId) => partners.get(peerId)?.device)
  if (connected.every((each) => each !== undefined && witnesses.has(each))) goOut(turn, uuid, "left")
}

/**
 * Which of this device's messages another one shows. It names them: under one and the same number it may hold something else,
 * where this device was restored from a backup. What it says to hold no more was lost there.
 */
function noteShownThere(
  turn: Turn,
  uuid: string,
  device: DeviceKey,
  { messages, untold, shown }: Holdings & Pick<SyncRequest, "shown">,
): void {
  const { own } = turn
  const group = turn.group(uuid)
  const before = group.acks.get(device) ?? []
  const held = joinSets(messages.get(own.device) ?? [], untold.get(own.device) ?? [])
  const after = newestRanges(sharedBy(joinSets(before, numbersOf(group, shown)), held), MAX_HELD_RANGES)
  const [fresh, lost] = [missingFrom(after, before), missingFrom(before, after)]
  if (fresh.length + lost.length === 0) return
  turn.changeGroup(uuid, { acks: new Map(group.acks).set(device, after) })
  notifyDelivery(turn, uuid, joinSets(fresh, lost))
}

/** The numbers under which own messages went out. */
function numbersOf({ sent }: Group, ids: readonly MessageId[]): SeqSet {
  const named = new Set(ids)
  const numbers = sent.filter(({ id }) => named.has(id)).flatMap(({ copies }) => copies.map(({ seq }) => seq))
  return numbers.reduce<SeqSet>(addSeq, [])
}

function noteAcks(turn: Turn, uuid: string, device: DeviceKey, held: SeqSet): void {
  const group = turn.group(uuid)
  const before = group.acks.get(device) ?? []
  const fresh = missingFrom(sharedBy(held, group.held.get(turn.own.device) ?? []), before)
  if (fresh.length === 0) return
  const all = newestRanges(joinSets(before, fresh), MAX_HELD_RANGES)
  turn.changeGroup(uuid, { acks: new Map(group.acks).set(device, all) })
  notifyDelivery(turn, uuid, fresh)
}
