import type { Device } from "../identity/device-certificate.ts"
import { RETRY_FIRST, RETRY_LAST } from "../limits.ts"
import type { Turn } from "../peer/turn.ts"
import type { OutboxEntry } from "./outbox-entry.ts"

/** The topic that only this peer listens to for itself. */
export function peerTopic(peerId: string): string {
  return `/starling/peer/${peerId}`
}

/** Keeps an Invitation until its invitee acknowledges it; also publishes it once on the invitee's topic. */
export function queueInvitation(turn: Turn, group: string, device: Device, invitation: Uint8Array): void {
  const bytes = new Uint8Array(invitation)
  const entry = {
    group,
    identity: device.identity,
    peerId: device.peerId,
    invitation: bytes,
    attempts: 0,
    nextAt: turn.now,
  }
  setEntry(turn, `${group}:${device.identity}`, entry)
  turn.effects.push({ kind: "publish", topic: peerTopic(device.peerId), data: bytes })
}

/** Sends what is due to peers that are connected; `peerId` narrows it to one that has just come. */
export function flushOutbox(turn: Turn, peerId?: string): void {
  for (const [key, entry] of turn.state.durable.outbox) {
    const desired = turn.state.durable.groups.get(entry.group)?.membership.desired.has(entry.identity) ?? false
    if (!desired) {
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
    turn.request("invitation", { kind: "invitation", peerId: entry.peerId, entry: key }, entry.invitation)
  }
}

export function dropEntry(turn: Turn, key: string): void {
  const outbox = new Map(turn.state.durable.outbox)
  outbox.delete(key)
  turn.setDurable({ outbox })
}

function setEntry(turn: Turn, key: string, entry: OutboxEntry): void {
  turn.setDurable({ outbox: new Map(turn.state.durable.outbox).set(key, entry) })
}

function isUnderWay(turn: Turn, key: string): boolean {
  return [...turn.state.requests.values()].some((request) => request.kind === "invitation" && request.entry === key)
}
