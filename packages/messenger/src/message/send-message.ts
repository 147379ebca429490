import type { Milliseconds } from "@starling/kernel"
import { protect } from "@starling/mls"

import { followedAt } from "../group/drop-old-states.ts"
import { sealEnvelope } from "../group/envelope.ts"
import { ancestry, stateOf } from "../group/forest-node.ts"
import type { Group, SentMessage } from "../group/group.ts"
import { closeGate } from "../group/reconcile.ts"
import { isMuted } from "../group/is-muted.ts"
import { devicesOf } from "../group/roster.ts"
import { isDisplaced } from "../group/tips.ts"
import type { DeviceKey } from "../identity/device-certificate.ts"
import { turnToMailboxes } from "../mailbox/rounds.ts"
import {
  LOST_PATIENCE,
  MAILBOX_SOON,
  MAX_LATE_COPIES,
  RESEND_PATIENCE,
  RESEND_PAUSE,
  RESENT_AT_ONCE,
  RETENTION,
} from "../limits.ts"
import type { Turn } from "../peer/turn.ts"
import type { StateId } from "../record/operation.ts"
import { watchDelivery } from "../sync/repair.ts"
import { encodeContent, messageId, type Content, type MessageId } from "./content.ts"
import { holdsCopy } from "./delivery.ts"
import { keepSealed } from "./keep-sealed.ts"
import { show } from "./receive-message.ts"
import { followMessage, withSent } from "./sent-messages.ts"
import { encodeSealedMessage, messageAuthenticatedData } from "./sealed-message.ts"
import { addToVector } from "./seq-set.ts"

/** Encrypts a new message in the live state, keeps it, shows it, publishes it. `closeGate` has let it pass. */
export function sendMessage(turn: Turn, uuid: string, text: string): MessageId {
  const content: Content = { text, at: turn.now, salt: turn.env.mls.random.draw(16, "message salt") }
  const encoded = encodeContent(content)
  const id = messageId(turn.crypto, turn.own.device, encoded)
  const sent: SentMessage = { id, content: encoded, at: turn.now, copies: [], former: [], reached: 0 }
  followMessage(turn, uuid, sent)
  encryptCopy(turn, uuid, sent)
  const epoch = turn.group(uuid).forest.get(turn.group(uuid).live)?.epoch ?? 0
  show(turn, uuid, id, content, { from: turn.own.identity, epoch, mine: true })
  return id
}

/**
 * What this device sent, and what somebody in the live tree can't read as it was sent, goes out again under the same id:
 * on a branch that lost and that they were not in, or have not said to have read after a while, before they were added
 * anew, or in a state that they may have let go. Of many some at a time, the oldest first.
 */
export function resendMessages(turn: Turn, uuid: string): void {
  const { sent } = turn.group(uuid)
  if (sent.length === 0) return
  const lost = sent.filter(missedBySomebody(turn.group(uuid), turn.own.device, turn.now))
  if (lost.length === 0) return
  if (!closeGate(turn, uuid)) return
  for (const each of lost.slice(0, RESENT_AT_ONCE)) encryptCopy(turn, uuid, each)
  if (lost.length > RESENT_AT_ONCE) turn.changeWork(uuid, { resendAt: turn.now + RESEND_PAUSE })
}

/** The rest of what goes out again. */
export function resendIfDue(turn: Turn, uuid: string): void {
  const { resendAt } = turn.work(uuid)
  if (resendAt === undefined || resendAt > turn.now) return
  turn.changeWork(uuid, { resendAt: undefined })
  const group = turn.group(uuid)
  if (group.phase === "active" && !isDisplaced(group)) resendMessages(turn, uuid)
}

function missedBySomebody(group: Group, own: DeviceKey, now: Milliseconds): (sent: SentMessage) => boolean {
  const { forest, acks, testimony } = group
  const path = ancestry(forest, group.live)
  const heights = new Map(path.map(({ sid }, height) => [sid, height]))
  // By the word of who followed it: others let a state go by when they heard of that, not by when this device did.
  const followed = followedAt(forest, ({ at, placedAt }) => Math.min(at, placedAt))
  const others = devicesOf(path[0]?.roster ?? []).filter(({ device }) => device !== own)
  const isLate = (sid: StateId): boolean => (followed.get(sid) ?? now) < now - RETENTION / 2
  const devicesIn = once((sid) => new Set(devicesOf(forest.get(sid)?.roster ?? []).map(({ device }) => device)))
  const partingOf = once((sid) => {
    const branch = ancestry(forest, sid)
    const fork = branch.findIndex((node) => heights.has(node.sid))
    const lost = fork < 0 ? branch : branch.slice(0, fork)
    return { lost, won: path.slice(0, heights.get(branch[fork]?.sid ?? "")) }
  })
  return (sent) => {
    const { at, copies } = sent
    if (at < now - RESEND_PATIENCE) return false
    const latest = copies.at(-1)
    if (latest === undefined) return true
    const [last] = copies.filter(({ sid }) => heights.has(sid)).slice(-1)
    const wasThere = (device: DeviceKey): boolean => copies.some(({ sid }) => devicesIn(sid).has(device))
    if (last === undefined) {
      const { lost, won } = partingOf(latest.sid)
      return others.some(({ device, identity }) => {
        if (!wasThere(device)) return true
        if (holdsCopy(acks, device, sent)) return false
        const isShutOut = lost.some(({ sid }) => testimony.refusals.get(sid)?.has(identity) === true)
        // Whoever was away may have let go of the keys that lead into the branch, or pass it over among too many.
        const isOverdue = (won.at(-1)?.placedAt ?? now) < now - LOST_PATIENCE && copies.length < MAX_LATE_COPIES
        return isShutOut || isOverdue || won.some(({ added }) => added.includes(identity))
      })
    }
    const since = path.slice(0, heights.get(last.sid))
    return others.some(({ device, identity }) => {
      if (!wasThere(device) || holdsCopy(acks, device, sent)) return false
      return (
        since.some(({ added }) => added.includes(identity)) || (isLate(last.sid) && copies.length < MAX_LATE_COPIES)
      )
    })
  }
}

/** Worked out once for each state: many messages were sent in one. */
function once<T>(of: (sid: StateId) => T): (sid: StateId) => T {
  const known = new Map<StateId, T>()
  return (sid) => {
    const value = known.get(sid) ?? of(sid)
    known.set(sid, value)
    return value
  }
}

function encryptCopy(turn: Turn, uuid: string, sent: SentMessage): void {
  const group = turn.group(uuid)
  const node = group.forest.get(group.live)
  const state = stateOf(node)
  if (node === undefined || state === undefined || isMuted(group, turn.own.identity)) return
  const seq = group.sentCount + 1
  const { device } = turn.own
  const authenticatedData = messageAuthenticatedData(device, seq)
  const { next, message: mls } = turn.operate("encrypt", "msg", state, (mls) =>
    protect(mls, state, sent.content, { authenticatedData }),
  )
  const sealed = { device, seq, sid: node.sid, mls }
  const copies = [...sent.copies, { seq, sid: node.sid }]
  turn.putGroup({
    ...group,
    forest: new Map(group.forest).set(node.sid, { ...node, standing: { kind: "held", state: next } }),
    sentCount: seq,
    held: addToVector(group.held, device, seq),
    sent: withSent(group.sent, { ...sent, copies }),
  })
  keepSealed(turn, uuid, sealed)
  if (node.era === undefined) return
  const data = sealEnvelope(turn.crypto, node.era, "msg", encodeSealedMessage(sealed))
  turn.effects.push({ kind: "publish", topic: node.era.topic, data, message: { group: uuid, id: sent.id } })
  watchDelivery(turn, uuid)
  turnToMailboxes(turn, uuid, turn.now + MAILBOX_SOON)
}
