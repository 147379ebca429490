import { ownHello } from "../contacts/meet.ts"
import { absorbRecords } from "../group/absorb-records.ts"
import { decodeEnvelope, openEnvelope, type Envelope, type PublishedKind } from "../group/envelope.ts"
import { dropOldStates } from "../group/drop-old-states.ts"
import { chargeFor, judgePayload } from "../group/gossip-budget.ts"
import type { Group } from "../group/group.ts"
import { NO_WORK } from "../group/group-work.ts"
import { keepWithinBounds } from "../group/keep-within-bounds.ts"
import { settle } from "../group/settle.ts"
import { carryWelcomes } from "../invitation/carry-welcomes.ts"
import type { DeviceKey } from "../identity/device-certificate.ts"
import { decodeInvitation } from "../invitation/invitation-frame.ts"
import { flushOutbox, peerTopic } from "../invitation/outbox.ts"
import { receiveInvitation } from "../invitation/receive-invitation.ts"
import { restock } from "../invitation/stock.ts"
import { deliveryCount } from "../message/delivery.ts"
import { absorbMessages } from "../message/receive-message.ts"
import { decodeSealedMessage } from "../message/sealed-message.ts"
import { withSent } from "../message/sent-messages.ts"
import { hasSeq } from "../message/seq-set.ts"
import { signFormerMailboxes } from "../mailbox/group-mailbox-verbs.ts"
import { turnToMailbox } from "../mailbox/rounds.ts"
import type { GossipVerdict, PeerLink } from "../ports/transport.ts"
import { decodeRecord } from "../record/record.ts"
import { askWhoWaits, mayAskNow } from "../sync/ask-by-turns.ts"
import { partnersOf } from "../sync/partners.ts"
import { repairNow } from "../sync/repair.ts"
import { exchangeSoon, requestSync, syncForGap } from "../sync/request-sync.ts"
import { erasOf, topicsOf } from "../sync/topics.ts"
import { withTimersAnew } from "./clock-set-back.ts"
import { dialWhoIsAway } from "./dial.ts"
import type { PeerState } from "./state.ts"
import type { Env, MessageName, Step } from "./step.ts"
import { takeTurn, type Turn } from "./turn.ts"

/** Once, after `openPeer` or `createIdentity`: subscribes, and sets the first timer. */
export function start(state: PeerState, env: Env): Step {
  return takeTurn(state, env, (turn) => {
    const topics = topicsOf(state, env.now)
    turn.state = { ...withTimersAnew(state, env.now), topics }
    for (const topic of topics) turn.effects.push({ kind: "subscribe", topic })
    for (const uuid of state.durable.groups.keys()) {
      keepWithinBounds(turn, uuid)
      settle(turn, uuid)
      signFormerMailboxes(turn, uuid)
    }
    dialWhoIsAway(turn)
  })
}

export function connected(state: PeerState, link: PeerLink, env: Env): Step {
  return takeTurn(state, env, (turn) => {
    turn.state = { ...turn.state, links: new Map(turn.state.links).set(link.peerId, link) }
    if (turn.state.isMailbox) return
    turn.request("hello", { kind: "hello", peerId: link.peerId }, ownHello(turn))
    flushOutbox(turn, link.peerId)
    restock(turn)
    for (const group of turn.state.durable.groups.values()) {
      turnToMailbox(turn, group.uuid, link.peerId, turn.now)
      const partner = partnersOf(group, turn.own.peerId).get(link.peerId)
      if (partner === undefined) continue
      const askAt = new Map(turn.work(group.uuid).askAt)
      if (askAt.delete(partner.identity)) turn.changeWork(group.uuid, { askAt })
      if (mayAskNow(turn, group.uuid, link.peerId)) requestSync(turn, group.uuid, link.peerId)
      settle(turn, group.uuid)
      carryWelcomes(turn, group.uuid)
    }
  })
}

export function disconnected(state: PeerState, peerId: string, env: Env): Step {
  return takeTurn(state, env, (turn) => {
    const links = new Map(turn.state.links)
    links.delete(peerId)
    const requests = new Map([...turn.state.requests].filter(([, request]) => request.peerId !== peerId))
    const formerSync = new Map(turn.state.formerSync)
    formerSync.delete(peerId)
    const restockedAt = new Map(turn.state.restockedAt)
    restockedAt.delete(peerId)
    const dialAt = Math.min(turn.state.dialAt, turn.now + 1000)
    turn.state = { ...turn.state, links, requests, formerSync, restockedAt, dialAt }
    for (const [uuid, { passes }] of turn.state.work) {
      turn.changeWork(uuid, { passes: new Map([...passes].filter(([other]) => other !== peerId)) })
      askWhoWaits(turn, uuid)
    }
  })
}

/**
 * Cheap and synchronous: `reject` for what nobody passes on, `ignore` for what its author has made too much of. What a
 * newer version made is passed on.
 */
export function judge(state: PeerState, topic: string, data: Uint8Array, env: Env): GossipVerdict {
  if (topic === peerTopic(state.durable.own.peerId))
    return decodeInvitation(data).kind === "malformed" ? "reject" : "accept"
  const envelope = decodeEnvelope(data)
  if (envelope.kind !== "ok") return envelope.kind === "malformed" ? "reject" : "accept"
  for (const group of groupsOn(state, topic, env.now)) {
    const payload = openInGroup(group, topic, envelope.value, env)
    if (payload === undefined) continue
    const { kind } = envelope.value
    if (kind === "note") return "reject"
    const { gossipSpent } = state.work.get(group.uuid) ?? NO_WORK
    return judgePayload(env.mls.crypto, group, gossipSpent, kind, payload, env.now)
  }
  return state.plainTopics ? "accept" : "reject"
}

export function gossip(state: PeerState, topic: string, data: Uint8Array, from: string, env: Env): Step {
  return takeTurn(state, env, (turn) => {
    if (topic === peerTopic(turn.own.peerId)) {
      receiveInvitation(turn, data)
      return
    }
    const envelope = decodeEnvelope(data)
    if (envelope.kind !== "ok") return
    for (const group of groupsOn(state, topic, env.now)) {
      const payload = openInGroup(group, topic, envelope.value, env)
      if (payload !== undefined) receivePayload(turn, group, envelope.value.kind, payload, from)
    }
  })
}

/** A `publish` that carried `message` was written to `reached` neighbours. */
export function published(state: PeerState, message: MessageName, reached: number, env: Env): Step {
  return takeTurn(state, env, (turn) => {
    const group = turn.state.durable.groups.get(message.group)
    if (group !== undefined && reached === 0) repairNow(turn, group.uuid)
    const sent = group?.sent.findLast(({ id }) => id === message.id)
    if (group === undefined || sent === undefined || reached <= sent.reached) return
    const next = withSent(group.sent, { ...sent, reached })
    const delivery = deliveryCount(turn.state, turn.changeGroup(group.uuid, { sent: next }), message.id)
    if (delivery !== undefined) turn.notify({ kind: "delivery", ...message, delivery })
  })
}

function receivePayload(turn: Turn, group: Group, kind: Envelope["kind"], payload: Uint8Array, from: string): void {
  if (kind === "upd") {
    const record = decodeRecord(turn.crypto, payload)
    if (record.kind !== "ok") {
      chargeGossip(turn, group.uuid, kind, undefined)
      return
    }
    const gap = absorbRecords(turn, group.uuid, [record.value])
    if (turn.group(group.uuid) !== group) {
      chargeGossip(turn, group.uuid, kind, record.value.author)
      settle(turn, group.uuid)
      dropOldStates(turn, group.uuid)
    } else if (gap) chargeNobody(turn, group.uuid, kind, record.value.author)
    carryWelcomes(turn, group.uuid)
    if (gap || turn.work(group.uuid).unplaced.length > 0) syncForGap(turn, group.uuid, from)
    return
  }
  if (kind !== "msg") return
  const message = decodeSealedMessage(payload)
  if (message.kind !== "ok") {
    chargeGossip(turn, group.uuid, kind, undefined)
    return
  }
  const { device, seq } = message.value
  const before = [...(group.held.get(device) ?? []), ...(group.past.get(device) ?? [])]
  const isGap = seq > 1 && device !== turn.own.device && !hasSeq(before, seq - 1)
  const waits = absorbMessages(turn, group.uuid, [message.value])
  if (hasSeq(turn.group(group.uuid).held.get(device) ?? [], seq) && !hasSeq(before, seq))
    chargeGossip(turn, group.uuid, kind, device)
  else chargeNobody(turn, group.uuid, kind, device)
  if (waits || (isGap && turn.group(group.uuid) !== group)) syncForGap(turn, group.uuid, from)
  else if (turn.group(group.uuid) !== group) acknowledgeSoon(turn, group.uuid, device)
}

function chargeGossip(turn: Turn, uuid: string, kind: PublishedKind, author: DeviceKey | undefined): void {
  const gossipSpent = chargeFor(turn.work(uuid).gossipSpent, turn.group(uuid), kind, author, turn.now)
  turn.changeWork(uuid, { gossipSpent })
}

/** For what nobody can be shown to be the author of; what bears the name of somebody is not charged to that one. */
function chargeNobody(turn: Turn, uuid: string, kind: PublishedKind, author: DeviceKey): void {
  if (!turn.group(uuid).membership.vouched.has(author)) chargeGossip(turn, uuid, kind, undefined)
}

/** In a small group the author soon sees this device's vector, and so that its message has arrived. */
function acknowledgeSoon(turn: Turn, uuid: string, device: string): void {
  const partners = partnersOf(turn.group(uuid), turn.own.peerId)
  if (partners.size > 16) return
  const author = [...partners.values()].find((each) => each.device === device)
  if (author !== undefined) exchangeSoon(turn, uuid, author.peerId)
}

function groupsOn(state: PeerState, topic: string, now: number): Group[] {
  return [...state.durable.groups.values()].filter((group) => erasOf(group, now).some((era) => era.topic === topic))
}

function openInGroup(group: Group, topic: string, envelope: Envelope, env: Env): Uint8Array | undefined {
  const era = erasOf(group, env.now).find(({ id, topic: each }) => id === envelope.era && each === topic)
  return era === undefined ? undefined : openEnvelope(env.mls.crypto, era, envelope)
}
