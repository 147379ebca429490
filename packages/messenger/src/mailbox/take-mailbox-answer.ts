import { equalBytes, toHex } from "@starling/kernel"

import { absorbRecords } from "../group/absorb-records.ts"
import { decodeEnvelope, openEnvelope } from "../group/envelope.ts"
import type { Era } from "../group/era.ts"
import { settle } from "../group/settle.ts"
import { KEEP_MOST, MAX_FETCHES, TICKED } from "../limits.ts"
import { notifyDelivery } from "../message/delivery.ts"
import { absorbMessages } from "../message/receive-message.ts"
import { decodeSealedMessage, type SealedMessage } from "../message/sealed-message.ts"
import { addSeq, addToVector, hasSeq, type SeqSet } from "../message/seq-set.ts"
import { decodeAnswer } from "../peer/answer-frame.ts"
import type { Turn } from "../peer/turn.ts"
import { decodeRecord, type LoggedRecord } from "../record/record.ts"
import { noteNoted } from "../sync/note-holdings.ts"
import { partnersOf } from "../sync/partners.ts"
import { takesPart } from "../sync/request-sync.ts"
import { boxedEras } from "./boxed-eras.ts"
import { decodeFetchAnswer, decodePutAnswer, type FetchAnswer } from "./mailbox-frames.ts"
import {
  boxedName,
  NO_INSTANCE,
  type MailboxExchange,
  type MailboxWork,
  type Put,
  type ReadTo,
} from "./mailbox-work.ts"
import { decodeReceiptNote, type ReceiptNote } from "./receipt-note.ts"
import { changeMailboxWork, mailboxWork } from "./rounds.ts"

/** Goes on at once where a mailbox did what it was asked; whatever else it says is tried again later. */
export function takeMailboxAnswer(turn: Turn, exchange: MailboxExchange, payload: Uint8Array): void {
  const group = turn.state.durable.groups.get(exchange.group)
  const answer = decodeAnswer(payload)
  if (group === undefined || !takesPart(group) || answer.kind !== "ok") return
  if (answer.value.status === "exhausted") tellFull(turn, exchange)
  if (answer.value.status !== "ok") return
  if (exchange.put === undefined) takeFetched(turn, exchange, answer.value.body)
  else takeReceipt(turn, exchange, exchange.put, answer.value.body)
}

function takeFetched(turn: Turn, { group: uuid, peerId, era: id }: MailboxExchange, body: Uint8Array): void {
  const fetched = decodeFetchAnswer(body)
  const era = boxedEras(turn.group(uuid)).find((each) => each.id === id)
  if (fetched.kind !== "ok" || era === undefined) return
  const before = mailboxWork(turn, uuid, peerId)
  if (!bringsForward(before.read.get(id), fetched.value) || before.fetches >= MAX_FETCHES) {
    changeMailboxWork(turn, uuid, peerId, { stage: "idle" })
    return
  }
  const { records, messages, notes } = open(turn, era, fetched.value)
  absorbRecords(turn, uuid, records)
  // Before what the records lead to: that may be the end of this device's membership.
  absorbMessages(turn, uuid, messages)
  settle(turn, uuid)
  if (!takesPart(turn.group(uuid))) return
  absorbMessages(turn, uuid, messages)
  for (const note of notes) takeNote(turn, uuid, note)
  const work = mailboxWork(turn, uuid, peerId)
  const { instance, entries, more } = fetched.value
  const number = entries.at(-1)?.number ?? work.read.get(id)?.number ?? 0
  const known = work.read.get(id)?.instance ?? NO_INSTANCE
  const isForgetful = known !== NO_INSTANCE && known !== toHex(instance)
  changeMailboxWork(turn, uuid, peerId, {
    // A box that is new at each answer must not be filled anew as fast as it says so.
    ...(isForgetful ? { stage: "idle" } : { nextAt: turn.now }),
    fetches: work.fetches + 1,
    done: more ? work.done : new Set(work.done).add(id),
    heldFrom: isForgetful
      ? new Map()
      : withHeld(turn, uuid, work, { era: id, after: work.read.get(id)?.number ?? 0, messages }),
    read: new Map(work.read).set(id, { instance: toHex(instance), number }),
    messages: messages
      .filter((message) => isReceived(turn, uuid, message))
      .reduce((known, { device, seq }) => addToVector(known, device, seq), isForgetful ? new Map() : work.messages),
    records: new Set([...(isForgetful ? [] : work.records), ...records.map(({ hash }) => boxedName(id, hash))]),
    ...(isForgetful ? { settled: undefined, noted: undefined } : {}),
  })
  if (isForgetful) forgetKept(turn, uuid, peerId)
}

/** What is noted as being in the box is what would be put there: numbers that somebody made up are not. */
function isReceived(turn: Turn, uuid: string, { device, seq }: SealedMessage): boolean {
  return device !== turn.own.device && hasSeq(turn.group(uuid).held.get(device) ?? [], seq)
}

/** With where to read again from, where there was no room for one of the messages. */
function withHeld(
  turn: Turn,
  uuid: string,
  { heldFrom }: MailboxWork,
  answer: { readonly era: string; readonly after: number; readonly messages: readonly SealedMessage[] },
): ReadonlyMap<string, number> {
  const { held } = turn.group(uuid)
  const { heldBack } = turn.work(uuid)
  const isLeft = ({ device, seq }: SealedMessage): boolean =>
    heldBack.has(device) && !hasSeq(held.get(device) ?? [], seq)
  if (heldFrom.has(answer.era) || !answer.messages.some(isLeft)) return heldFrom
  return new Map(heldFrom).set(answer.era, answer.after)
}

/** False for what was there before, and for a promise of more that nothing comes of: the mailbox is left until the next round. */
function bringsForward(read: ReadTo | undefined, { instance, entries, more }: FetchAnswer): boolean {
  const after = read?.instance === toHex(instance) ? read.number : 0
  return (entries.at(0)?.number ?? after + 1) > after && (entries.length > 0 || !more)
}

interface Opened {
  readonly records: readonly LoggedRecord[]
  readonly messages: readonly SealedMessage[]
  readonly notes: readonly ReceiptNote[]
}

/** What can't be opened or read is passed over: other members, and nobody else, can put anything into the box. */
function open(turn: Turn, era: Era, { entries }: FetchAnswer): Opened {
  const records: LoggedRecord[] = []
  const messages: SealedMessage[] = []
  const notes: ReceiptNote[] = []
  for (const { envelope: bytes } of entries) {
    const envelope = decodeEnvelope(bytes)
    const payload = envelope.kind === "ok" ? openEnvelope(turn.crypto, era, envelope.value) : undefined
    if (envelope.kind !== "ok" || payload === undefined) continue
    if (envelope.value.kind === "upd") records.push(...valueOf(decodeRecord(turn.crypto, payload)))
    else if (envelope.value.kind === "msg") messages.push(...valueOf(decodeSealedMessage(payload)))
    else notes.push(...valueOf(decodeReceiptNote(turn.crypto, payload)))
  }
  return { records, messages, notes }
}

function valueOf<T>(decoded: { readonly kind: "ok"; readonly value: T } | { readonly kind: string }): T[] {
  return "value" in decoded ? [decoded.value] : []
}

/** A device's own word, newer than the one before. */
function takeNote(turn: Turn, uuid: string, note: ReceiptNote): void {
  const { group: id, device, at } = note
  const group = turn.group(uuid)
  const { notedAt } = turn.work(uuid)
  const isPartner = [...partnersOf(group, turn.own.peerId).values()].some((partner) => partner.device === device)
  if (!isPartner || !equalBytes(id, group.id) || at <= (notedAt.get(device) ?? 0)) return
  turn.changeWork(uuid, { notedAt: new Map(notedAt).set(device, at) })
  noteNoted(turn, uuid, note)
}

function takeReceipt(turn: Turn, { group: uuid, peerId }: MailboxExchange, put: Put, body: Uint8Array): void {
  const receipt = decodePutAnswer(body)
  if (receipt.kind !== "ok") return
  const work = mailboxWork(turn, uuid, peerId)
  changeMailboxWork(turn, uuid, peerId, {
    nextAt: turn.now,
    messages: put.messages.reduce((known, { device, seq }) => addToVector(known, device, seq), work.messages),
    records: new Set([...work.records, ...put.records]),
    noted: put.note ?? work.noted,
  })
  const own = put.messages.filter(({ device }) => device === turn.own.device).map(({ seq }) => seq)
  if (own.length > 0) noteKept(turn, uuid, peerId, own, turn.now + Math.min(receipt.value.keepFor, KEEP_MOST))
}

function noteKept(turn: Turn, uuid: string, peerId: string, seqs: readonly number[], until: number): void {
  const { inMailboxes } = turn.group(uuid).delivery
  const kept = [...(inMailboxes.get(peerId) ?? []), ...seqs.map((seq) => [seq, until] as const)]
  turn.changeDelivery(uuid, { inMailboxes: new Map(inMailboxes).set(peerId, new Map(kept.slice(-TICKED))) })
  notifyDelivery(
    turn,
    uuid,
    seqs.reduce<SeqSet>((set, seq) => addSeq(set, seq), []),
  )
}

/** The mailbox has lost what it had: it is filled anew. */
function forgetKept(turn: Turn, uuid: string, peerId: string): void {
  const inMailboxes = new Map(turn.group(uuid).delivery.inMailboxes)
  if (inMailboxes.delete(peerId)) turn.changeDelivery(uuid, { inMailboxes })
}

function tellFull(turn: Turn, { group: uuid, peerId }: MailboxExchange): void {
  changeMailboxWork(turn, uuid, peerId, { stage: "idle" })
  turn.notify({
    kind: "trouble",
    code: "mailbox-full",
    text: `A mailbox of ${turn.group(uuid).founding.name} is full, and keeps nothing more for now. Members get what you write as soon as they meet you or each other.`,
  })
}
