import type { CryptoProvider } from "@starling/mls"
import type { Milliseconds } from "@starling/kernel"

import type { Group } from "../group/group.ts"
import type { PeerId } from "../identity/peer-id.ts"
import { wordsInForce } from "../mailbox/mailbox-words.ts"
import { askForHeldBack } from "../message/history-budget.ts"
import { receiptsFor } from "../message/read-receipts.ts"
import { joinVectors, partOf, type MessageVector } from "../message/seq-set.ts"
import { ACK_SOON, MAX_MAILBOX_WORDS, SYNC_GAP_PAUSE, SYNC_PATIENCE, SYNC_PERIOD, SYNC_SOON } from "../limits.ts"
import { jitter } from "../peer/jitter.ts"
import type { PendingRequest } from "../peer/pending-request.ts"
import type { Turn } from "../peer/turn.ts"
import { recordVector } from "../record/record-log.ts"
import { namedFor, shownFor } from "./name-messages.ts"
import { connectedPartners, partnersOf } from "./partners.ts"
import { NO_PASS } from "./sync-pass.ts"
import { encodeSyncRequest, SYNC_VERSION, type Holdings, type SyncRequest } from "./sync-frames.ts"

/** What this device holds; of vectors that do not fit into one frame the part whose turn it is, 0 being the newest. */
export function holdingsOf(crypto: CryptoProvider, group: Group, part: number): Holdings {
  return { records: recordVector(crypto, group.logs), ...partOf(group.held, part), tip: group.chosen }
}

/** Asks one member for what this device lacks, unless it is being asked already. */
export function requestSync(turn: Turn, uuid: string, peerId: PeerId, inTurn = false): void {
  const group = turn.group(uuid)
  const { part } = turn.work(uuid).passes.get(peerId) ?? NO_PASS
  const told = holdingsOf(turn.crypto, group, part)
  const { unreadable, unopened } = turn.work(uuid)
  askWith(turn, uuid, peerId, {
    ...told,
    untold: withoutHeldBack(turn, uuid, told.untold),
    past: joinVectors(group.past, unreadable),
    unopened: joinVectors(unreadable, unopened),
    inTurn,
  })
}

/** Asks back a member whose request showed that it holds more. */
export function requestSyncInTurn(turn: Turn, uuid: string, peerId: PeerId): void {
  requestSync(turn, uuid, peerId, true)
}

/** The same of somebody who is no member, or none any more, and who learns of this device's holdings what is `told` alone. */
export function requestSyncOfStranger(turn: Turn, uuid: string, peerId: PeerId, told: Holdings): void {
  askWith(turn, uuid, peerId, { ...told, past: new Map(), unopened: new Map(), inTurn: true })
}

type Asked = Holdings & Pick<SyncRequest, "past" | "unopened" | "inTurn">

function askWith(turn: Turn, uuid: string, peerId: PeerId, asked: Asked): void {
  const group = turn.group(uuid)
  if (!turn.isConnected(peerId) || !takesPart(group)) return
  const underWay = [...turn.state.requests].find(
    ([, request]) => request.kind === "sync" && request.peerId === peerId && request.group === uuid,
  )
  if (underWay !== undefined && !giveUp(turn, ...underWay)) return
  const version = turn.state.formerSync.get(peerId) ?? SYNC_VERSION
  const partner = partnersOf(group, turn.own.peerId).get(peerId)
  const payload = encodeSyncRequest({
    version,
    ...asked,
    group: group.id,
    ...toldTo(turn, uuid, peerId),
    shown: partner === undefined ? [] : shownFor(turn, uuid, partner.device, []),
    named: partner === undefined ? [] : namedFor(group, partner.device),
    after: turn.work(uuid).passes.get(peerId)?.after,
  })
  turn.request("sync", { kind: "sync", peerId, group: uuid, at: turn.now }, payload)
}

/** What there is no room for is asked for by nobody, as if it were told in another part. */
function withoutHeldBack(turn: Turn, uuid: string, untold: MessageVector): MessageVector {
  const heldBack = askForHeldBack(turn, uuid)
  if (heldBack.length === 0) return untold
  return joinVectors(untold, new Map(heldBack.map((device) => [device, ALL])))
}

const ALL = [{ from: 1, to: Number.MAX_SAFE_INTEGER }]

/**
 * A member learns which of its messages were seen here; somebody who is out does not. Which mailboxes the group uses is a matter of
 * records: it is told for members of former versions, and not heeded.
 */
export function toldTo(turn: Turn, uuid: string, peerId: PeerId): Pick<SyncRequest, "seen" | "mailboxes"> {
  const partner = partnersOf(turn.group(uuid), turn.own.peerId).get(peerId)
  if (partner === undefined) return { seen: [], mailboxes: [] }
  const mailboxes = wordsInForce(turn.group(uuid)).map(({ mailbox }) => mailbox)
  return { seen: receiptsFor(turn, uuid, partner.device), mailboxes: mailboxes.slice(0, MAX_MAILBOX_WORDS) }
}

/** True while somebody has been asked for what this device lacks in the group. */
export function isSyncing(turn: Turn, uuid: string): boolean {
  return [...turn.state.requests.values()].some((request) => request.kind === "sync" && request.group === uuid)
}

/** Forgets a request that has waited too long: where taking its answer threw, the step that ends it never happened. */
function giveUp(turn: Turn, token: string, request: PendingRequest): boolean {
  if (request.kind !== "sync" || turn.now - request.at < SYNC_PATIENCE) return false
  const requests = new Map(turn.state.requests)
  requests.delete(token)
  turn.state = { ...turn.state, requests }
  return true
}

/** Every connected member is asked: after joining, and when connections come. */
export function syncNow(turn: Turn, uuid: string): void {
  for (const peerId of connectedPartners(turn, turn.group(uuid))) requestSync(turn, uuid, peerId)
}

/** Something is missing: asks who passed it on, or else the next member, but not the same one at every turn. */
export function syncForGap(turn: Turn, uuid: string, from: PeerId): void {
  const partners = connectedPartners(turn, turn.group(uuid))
  const { gapAt, syncCount } = turn.work(uuid)
  const peerId = partners.includes(from) ? from : partners[syncCount % Math.max(1, partners.length)]
  if (peerId === undefined) return
  if (turn.now - (gapAt.get(peerId) ?? -Infinity) < SYNC_GAP_PAUSE) {
    exchangeSoon(turn, uuid, peerId)
    return
  }
  turn.changeWork(uuid, { gapAt: new Map(gapAt).set(peerId, turn.now), syncCount: syncCount + 1 })
  requestSync(turn, uuid, peerId)
}

/** After activity, the next exchange comes sooner. */
export function syncSoon(turn: Turn, uuid: string): void {
  const work = turn.work(uuid)
  const soon = turn.now + SYNC_SOON + jitter(turn, `soon ${uuid} ${work.syncCount}`, SYNC_SOON)
  if (work.syncAt <= soon) return
  turn.changeWork(uuid, { syncAt: soon })
}

/** This member learns soon what this device holds and has seen. */
export function exchangeSoon(turn: Turn, uuid: string, peerId: PeerId): void {
  const { exchangeAt, syncCount } = turn.work(uuid)
  if (exchangeAt.has(peerId)) return
  const at = turn.now + ACK_SOON + jitter(turn, `ack ${uuid} ${peerId} ${syncCount}`, ACK_SOON)
  turn.changeWork(uuid, { exchangeAt: new Map(exchangeAt).set(peerId, at) })
}

/** The exchanges that somebody was to have soon; who is away has one on arrival. */
export function exchangeIfDue(turn: Turn, uuid: string): void {
  const { exchangeAt } = turn.work(uuid)
  const isDue = ([peerId, at]: readonly [PeerId, Milliseconds]): boolean => at <= turn.now || !turn.isConnected(peerId)
  const due = [...exchangeAt].filter(isDue)
  if (due.length === 0) return
  turn.changeWork(uuid, { exchangeAt: new Map([...exchangeAt].filter((entry) => !isDue(entry))) })
  for (const [peerId] of due) requestSync(turn, uuid, peerId)
}

/** The periodic exchange: one connected member after the other. */
export function syncIfDue(turn: Turn, uuid: string): void {
  const work = turn.work(uuid)
  if (work.syncAt > turn.now || !takesPart(turn.group(uuid))) return
  const partners = connectedPartners(turn, turn.group(uuid))
  const offset = jitter(turn, `partner ${uuid}`, 1 << 16)
  const peerId = partners[(work.syncCount + offset) % Math.max(1, partners.length)]
  const pause = SYNC_PERIOD * 0.8 + jitter(turn, `sync ${uuid} ${work.syncCount}`, SYNC_PERIOD * 0.4)
  turn.changeWork(uuid, { syncAt: turn.now + pause, syncCount: work.syncCount + 1 })
  if (peerId !== undefined) requestSync(turn, uuid, peerId)
}

export function takesPart(group: Group): boolean {
  return group.phase === "active" || group.phase === "leaving"
}
