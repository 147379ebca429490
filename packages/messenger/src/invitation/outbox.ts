import type { Bytes, Milliseconds } from "@starling/kernel"

import type { Device } from "../identity/device-certificate.ts"
import type { IdentityId } from "../identity/identity-id.ts"
import { MAX_CARRIED, RETRY_FIRST, RETRY_LAST } from "../limits.ts"
import type { Turn } from "../peer/turn.ts"
import type { StateId } from "../record/operation.ts"
import { decodeInvitation, encodeInvitation } from "./invitation-frame.ts"
import type { OutboxEntry } from "./outbox-entry.ts"

/** The topic that only this peer listens to for itself. */
export function peerTopic(peerId: string): string {
  return `/starling/peer/${peerId}`
}

/** The latest Invitation of one person to one group is the one that counts. */
export function outboxKey(group: string, identity: IdentityId): string {
  return `${group}:${identity}`
}

/** Keeps an Invitation until its invitee acknowledges it; also publishes it once on the invitee's topic. */
export function queueInvitation(turn: Turn, group: string, device: Device, sid: StateId, invitation: Uint8Array): void {
  const entry = newEntry(turn, group, device, sid, invitation)
  setEntry(turn, outboxKey(group, device.identity), entry)
  turn.effects.push({ kind: "publish", topic: peerTopic(device.peerId), data: entry.invitation })
}

/** Keeps another member's Invitation, for the case that its invitee meets this device first. */
export function carryInvitation(turn: Turn, group: string, device: Device, sid: StateId, invitation: Uint8Array): void {
  const carried = [...turn.state.durable.outbox.values()].filter((entry) => entry.carried && entry.group === group)
  if (carried.length >= MAX_CARRIED) return
  const entry = newEntry(turn, group, device, sid, invitation)
  setEntry(turn, outboxKey(group, device.identity), { ...entry, carried: true })
}

/** Sends what is due to peers that are connected; `peerId` narrows it to one that has just come. */
export function flushOutbox(turn: Turn, peerId?: string): void {
  for (const [key, entry] of turn.state.durable.outbox) {
    if (!isNeeded(turn, entry)) {
      dropEntry(turn, key)
      continue
    }
    const due = entry.peerId === peerId || entry.nextAt <= turn.now
    if (!due || !turn.isConnected(entry.peerId)) continue
    if (isUnderWay(turn, key)) {
      setEntry(turn, key, { ...entry, nextAt: turn.now + RETRY_FIRST })
      continue
    }
    const pause = Math.min(RETRY_LAST, RETRY_FIRST * 2 ** Math.min(entry.attempts, 16))
    setEntry(turn, key, { ...entry, attempts: entry.attempts + 1, nextAt: turn.now + pause })
    const invitation = datedByNow(entry.invitation, turn.now)
    turn.request("invitation", { kind: "invitation", peerId: entry.peerId, entry: key }, invitation)
  }
}

/** The invitee has it, or has no use for it: neither is it sent again, nor asked for once more. */
export function settleEntry(turn: Turn, key: string): void {
  const entry = turn.state.durable.outbox.get(key)
  if (entry === undefined) return
  dropEntry(turn, key)
  const { welcomesDone } = turn.work(entry.group)
  const done = new Set(welcomesDone).add(`${entry.identity} ${entry.sid}`)
  if (turn.state.durable.groups.has(entry.group)) turn.changeWork(entry.group, { welcomesDone: done })
}

/** One that was made while a clock was ahead is dated when it goes out: its invitee takes nothing from a time to come. */
function datedByNow(invitation: Bytes, now: Milliseconds): Bytes {
  const frame = decodeInvitation(invitation)
  return frame.kind === "ok" && frame.value.at > now ? encodeInvitation({ ...frame.value, at: now }) : invitation
}

function dropEntry(turn: Turn, key: string): void {
  const outbox = new Map(turn.state.durable.outbox)
  outbox.delete(key)
  turn.setDurable({ outbox })
}

/** Until its invitee is wanted no more; of another member's, until the invitee was heard of in the group. */
function isNeeded(turn: Turn, entry: OutboxEntry): boolean {
  const group = turn.state.durable.groups.get(entry.group)
  const wanted = group?.membership.desired.get(entry.identity)
  if (group === undefined || wanted === undefined) return false
  return !entry.carried || !group.seen.has(wanted.device.device)
}

function newEntry(turn: Turn, group: string, device: Device, sid: StateId, invitation: Uint8Array): OutboxEntry {
  const bytes = new Uint8Array(invitation)
  const { identity, peerId } = device
  return { group, identity, peerId, invitation: bytes, sid, carried: false, attempts: 0, nextAt: turn.now }
}

function setEntry(turn: Turn, key: string, entry: OutboxEntry): void {
  turn.setDurable({ outbox: new Map(turn.state.durable.outbox).set(key, entry) })
}

function isUnderWay(turn: Turn, key: string): boolean {
  return [...turn.state.requests.values()].some((request) => request.kind === "invitation" && request.entry === key)
}
