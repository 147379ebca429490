import { equalBytes, toHex } from "@starling/kernel"
import { receive } from "@starling/mls"

import { isUndecided, stateOf, type ForestNode } from "../group/forest-node.ts"
import type { Group } from "../group/group.ts"
import { hasDevice } from "../group/roster.ts"
import { MAX_PENDING_PER_DEVICE, MAX_PAST_RANGES, MAX_PENDING_PER_GROUP, MAX_SHOWN, RECENTLY_SHOWN } from "../limits.ts"
import type { DeviceKey } from "../identity/device-certificate.ts"
import type { Turn } from "../peer/turn.ts"
import { decodeContent, messageId, type Content, type MessageId } from "./content.ts"
import { noteArrival } from "./gaps.ts"
import { closeForgone, closeOldestGaps } from "./forgone.ts"
import { chargeHistory, hasRoomFor, holdBack } from "./history-budget.ts"
import { encodeHistoryRow, HISTORY, holdsMessage } from "./history-row.ts"
import type { HandedMessage } from "./handed-messages.ts"
import { keepSealed } from "./keep-sealed.ts"
import { putNumbered } from "./numbered.ts"
import { messageAuthenticatedData, type SealedMessage } from "./sealed-message.ts"
import { addSeq, addToVector, boundVector, hasSeq } from "./seq-set.ts"
import { isSignedBy, stateSignedIn } from "./signed-message.ts"

/**
 * Reads messages in the states that they were sent in, on whatever branch, and shows each once; those of states that
 * are not there yet wait. Returns true where one of `incoming` has to wait.
 */
export function absorbMessages(turn: Turn, uuid: string, incoming: readonly SealedMessage[]): boolean {
  const pending = turn.work(uuid).pendingMessages
  const waiting = [...pending, ...incoming].filter((message) => readMessage(turn, uuid, message) === "waiting")
  const pendingMessages = boundWaiting(waiting)
  if (pendingMessages.length + pending.length > 0) turn.changeWork(uuid, { pendingMessages })
  return incoming.some((message) => waiting.includes(message))
}

type Reading = "read" | "known" | "waiting" | "held-back" | "lost"

/** `held-back`: more than is taken of its author by now, it comes again; `lost`: forged, or its key is gone or was never here. */
function readMessage(turn: Turn, uuid: string, message: SealedMessage): Reading {
  const group = turn.group(uuid)
  if (message.device === turn.own.device) return "known"
  if (hasSeq(group.held.get(message.device) ?? [], message.seq)) return "known"
  const node = group.forest.get(message.sid)
  if (node === undefined || mayBeEntered(group, node, turn.own.device)) return "waiting"
  const state = stateOf(node)
  if (state === undefined) {
    if (node.standing.kind === "dropped") noteUnreadable(turn, uuid, message)
    else noteUnopened(turn, uuid, message)
    return "lost"
  }
  if (!hasRoomFor(turn, uuid, message.device, message.mls.length)) {
    holdBack(turn, uuid, message.device)
    return "held-back"
  }
  const received = turn.operate("decrypt", "msg", state, (mls) => receive(mls, state, message.mls))
  if (received.kind !== "application") {
    noteUnopened(turn, uuid, message)
    return "lost"
  }
  const header = messageAuthenticatedData(message.device, message.seq)
  const sender = toHex(received.sender.signatureKey)
  if (sender !== message.device || !equalBytes(received.authenticatedData, header)) return "lost"
  const forest = new Map(group.forest).set(node.sid, { ...node, standing: { kind: "held", state: received.next } })
  turn.changeGroup(uuid, { forest })
  noteHeld(turn, uuid, message, message.mls.length)
  keepSealed(turn, uuid, message)
  const content = decodeContent(received.data)
  const { leafIndex } = received.sender
  if (content.kind === "ok" && node.roster[leafIndex]?.device === message.device)
    enter(turn, uuid, node, { ...message, ...received, leafIndex, contextBytes: state.contextBytes }, content.value)
  return "read"
}

/**
 * Takes messages that members hand on since they can't be opened here, as their authors signed them: what was said in a state that the author and
 * this device were both in. That closes the gap of a number whose message came under another one, too.
 */
export function takeHanded(turn: Turn, uuid: string, handed: readonly HandedMessage[]): void {
  for (const message of handed) {
    const group = turn.group(uuid)
    const { device, seq, leafIndex, data } = message
    if (device === turn.own.device || hasSeq(group.held.get(device) ?? [], seq)) continue
    const node = stateSignedIn(turn.crypto, group, message)
    if (node?.roster[leafIndex]?.device !== device || !hasDevice(node.roster, turn.own.device)) continue
    const content = decodeContent(data)
    if (content.kind !== "ok" || !hasRoomFor(turn, uuid, device, data.length)) continue
    if (!isSignedBy(turn, group, device, message)) continue
    noteHeld(turn, uuid, message, data.length)
    enter(turn, uuid, node, message, content.value)
  }
}

function noteHeld(turn: Turn, uuid: string, { device, seq }: Numbering, bytes: number): void {
  const { held, seen } = turn.group(uuid)
  const bounded = closeOldestGaps(turn, uuid, device, addSeq(held.get(device) ?? [], seq))
  turn.changeGroup(uuid, {
    held: new Map(held).set(device, bounded),
    seen: seen.has(device) ? seen : new Set(seen).add(device),
  })
  chargeHistory(turn, uuid, device, bytes)
}

type Numbering = Pick<SealedMessage, "device" | "seq">

/** Shows a message whose signature was verified, and that was said in the state of `node`. */
function enter(
  turn: Turn,
  uuid: string,
  node: ForestNode,
  message: Omit<HandedMessage, "epoch">,
  content: Content,
): void {
  const { device, seq, data, leafIndex } = message
  const id = messageId(turn.crypto, device, data)
  const from = node.roster[leafIndex]?.identity ?? ""
  show(turn, uuid, id, content, { from, epoch: node.epoch, mine: false })
  putNumbered(turn, uuid, { ...message, sid: node.sid, id, salt: content.salt })
  noteShown(turn, uuid, device, id)
  noteArrival(turn, uuid, device, seq, id)
  closeForgone(turn, uuid, device, id)
}

/** False where what leads to the state is known and can't be followed: this device forgot a commit of its own, or has no keys to the last one that is decided. */
function mayBeEntered({ forest }: Group, node: ForestNode, own: DeviceKey): boolean {
  for (let at: ForestNode | undefined = node; at !== undefined; at = forest.get(at.parent ?? "")) {
    if (!isUndecided(at)) return at !== node && at.standing.kind === "held"
    if (at.device === own) return false
  }
  return true
}

/** The keys of its state are gone for good: others need not send it at each exchange. */
function noteUnreadable(turn: Turn, uuid: string, { device, seq }: SealedMessage): void {
  const { unreadable } = turn.work(uuid)
  if (hasSeq(unreadable.get(device) ?? [], seq)) return
  turn.changeWork(uuid, { unreadable: boundVector(addToVector(unreadable, device, seq), MAX_PAST_RANGES) })
}

function noteUnopened(turn: Turn, uuid: string, { device, seq }: SealedMessage): void {
  const { unopened } = turn.work(uuid)
  if (hasSeq(unopened.get(device) ?? [], seq)) return
  turn.changeWork(uuid, { unopened: boundVector(addToVector(unopened, device, seq), MAX_PAST_RANGES) })
}

/** The author is told in the exchanges that follow, unasked of so many. */
function noteShown(turn: Turn, uuid: string, device: DeviceKey, id: MessageId): void {
  const { recent } = turn.work(uuid)
  const others = (recent.get(device) ?? []).filter((each) => each !== id)
  turn.changeWork(uuid, { recent: new Map(recent).set(device, [...others, id].slice(-RECENTLY_SHOWN)) })
}

/** Whether a message is shown here, however many came since. */
export function isShown(turn: Turn, group: Group, id: MessageId): boolean {
  if (group.shown.has(id)) return true
  return group.shownCount > group.shown.size && holdsMessage(turn.env.rows, group.uuid, id)
}

/** Enters a message into the history; one that is shown already stays as it is. */
export function show(
  turn: Turn,
  uuid: string,
  id: MessageId,
  { text, at }: Content,
  about: { readonly from: string; readonly epoch: number; readonly mine: boolean },
): void {
  const group = turn.group(uuid)
  if (isShown(turn, group, id)) return
  const message = { id, group: uuid, text, at, ...about }
  const ordinal = group.shownCount + 1
  const value = encodeHistoryRow({ message, ordinal })
  turn.writes.push({ kind: "put", bucket: HISTORY, partition: uuid, key: id, ordinal, value })
  turn.putGroup({
    ...group,
    shown: remember(group, id),
    shownCount: ordinal,
    unread: about.mine ? group.unread : group.unread + 1,
    last: { from: about.from, text, at },
  })
  turn.notify({ kind: "message", message })
}

function remember({ shown }: Group, id: MessageId): ReadonlySet<MessageId> {
  const next = new Set(shown).add(id)
  for (const oldest of next) {
    if (next.size <= MAX_SHOWN) break
    next.delete(oldest)
  }
  return next
}

function boundWaiting(waiting: readonly SealedMessage[]): SealedMessage[] {
  const kept = new Map<string, SealedMessage>()
  const perDevice = new Map<string, number>()
  for (const message of waiting.toReversed()) {
    const key = `${message.device}:${message.seq}:${message.sid}`
    const count = perDevice.get(message.device) ?? 0
    if (kept.has(key) || count === MAX_PENDING_PER_DEVICE || kept.size === MAX_PENDING_PER_GROUP) continue
    perDevice.set(message.device, count + 1)
    kept.set(key, message)
  }
  return [...kept.values()].toReversed()
}
