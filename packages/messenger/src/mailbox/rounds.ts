import type { Milliseconds } from "@starling/kernel"

import type { Group } from "../group/group.ts"
import type { PeerId } from "../identity/peer-id.ts"
import { SYNC_PATIENCE } from "../limits.ts"
import type { Turn } from "../peer/turn.ts"
import { usedMailboxes } from "./mailbox-words.ts"
import { NO_MAILBOX_WORK, type MailboxWork } from "./mailbox-work.ts"

export function mailboxWork(turn: Turn, uuid: string, peerId: PeerId): MailboxWork {
  return turn.work(uuid).mailboxes.get(peerId) ?? NO_MAILBOX_WORK
}

export function changeMailboxWork(turn: Turn, uuid: string, peerId: PeerId, change: Partial<MailboxWork>): void {
  const mailboxes = new Map(turn.work(uuid).mailboxes)
  turn.changeWork(uuid, { mailboxes: mailboxes.set(peerId, { ...mailboxWork(turn, uuid, peerId), ...change }) })
}

/** A round begins then at the latest. */
export function turnToMailbox(turn: Turn, uuid: string, peerId: PeerId, at: Milliseconds): void {
  if (!usedMailboxes(turn.group(uuid)).some((mailbox) => mailbox.peerId === peerId)) return
  const { nextAt } = mailboxWork(turn, uuid, peerId)
  changeMailboxWork(turn, uuid, peerId, { nextAt: Math.min(nextAt, at) })
}

export function turnToMailboxes(turn: Turn, uuid: string, at: Milliseconds): void {
  for (const { peerId } of usedMailboxes(turn.group(uuid))) turnToMailbox(turn, uuid, peerId, at)
}

/** When to wake for the mailboxes of a group. */
export function mailboxTimes(turn: Turn, { uuid }: Group): Milliseconds[] {
  return usedMailboxes(turn.group(uuid)).flatMap(({ peerId }) =>
    turn.isConnected(peerId) && !underWay(turn, uuid, peerId) ? [mailboxWork(turn, uuid, peerId).nextAt] : [],
  )
}

/** What a mailbox no longer has to keep is not shown as kept. */
export function forgetExpired(turn: Turn, uuid: string): void {
  const { inMailboxes } = turn.group(uuid).delivery
  const isExpired = (until: Milliseconds): boolean => until <= turn.now
  if (![...inMailboxes.values()].some((kept) => [...kept.values()].some(isExpired))) return
  const left = Array.from(
    inMailboxes,
    ([peerId, kept]) => [peerId, new Map([...kept].filter(([, until]) => !isExpired(until)))] as const,
  )
  turn.changeDelivery(uuid, { inMailboxes: new Map(left) })
}

/** Whether a request to the mailbox about the group waits for its answer. */
export function underWay(turn: Turn, uuid: string, peerId: PeerId): boolean {
  return [...turn.state.requests.values()].some(
    (request) =>
      request.kind === "mailbox" &&
      request.peerId === peerId &&
      request.group === uuid &&
      turn.now - request.at < SYNC_PATIENCE,
  )
}
