import { authorRecord, ownRoom } from "../group/author-record.ts"
import { logFull } from "../group/log-full.ts"
import { roleOf } from "../group/membership.ts"
import type { PeerId } from "../identity/peer-id.ts"
import { MAX_MAILBOXES } from "../limits.ts"
import type { PeerState } from "../peer/state.ts"
import type { Env, Outcome, Refusal } from "../peer/step.ts"
import { isRefusal, refusal, takeVerb, type Turn } from "../peer/turn.ts"
import { encodeMailboxRecord } from "../record/mailbox-record.ts"
import { RECORD_KINDS } from "../record/record.ts"
import { syncSoon, takesPart } from "../sync/request-sync.ts"
import type { GroupMailbox } from "./group-mailbox.ts"
import { parseMailboxLink } from "./mailbox-link.ts"
import { mayChooseMailboxes, usedMailboxes, wordsInForce } from "./mailbox-words.ts"
import { turnToMailbox } from "./rounds.ts"

/** Hands a group to a mailbox: this device and, as they hear of it, the other members leave ciphertext there. */
export function addMailbox(
  state: PeerState,
  uuid: string,
  link: string,
  env: Env,
): Outcome<{ readonly peerId: PeerId }> {
  return takeVerb(state, env, (turn) => {
    const parsed = parseMailboxLink(link)
    if (parsed.kind === "newer-version")
      return refusal("newer-version", "This mailbox link was made by a newer Starling. Update this one and try again.")
    if (parsed.kind !== "ok")
      return refusal("bad-mailbox", `This is no valid mailbox link (${parsed.why}). Copy the whole link and try again.`)
    const used = usedIn(turn, uuid)
    if (isRefusal(used)) return used
    const { peerId, addresses } = parsed.value
    if (used.length >= MAX_MAILBOXES && !used.some((mailbox) => mailbox.peerId === peerId))
      return refusal("bad-mailbox", `A group has at most ${MAX_MAILBOXES} mailboxes. Take one away first.`)
    sayOfMailbox(turn, uuid, { ...parsed.value, at: turn.now, used: true })
    if (!turn.isConnected(peerId)) turn.effects.push({ kind: "dial", peerId, addresses })
    turnToMailbox(turn, uuid, peerId, turn.now)
    return { peerId }
  })
}

/** The members use the mailbox no more, as they hear of it; what is there stays until its time is over. */
export function removeMailbox(
  state: PeerState,
  uuid: string,
  peerId: PeerId,
  env: Env,
): Outcome<{ readonly peerId: PeerId }> {
  return takeVerb(state, env, (turn) => {
    const used = usedIn(turn, uuid)
    if (isRefusal(used)) return used
    const mailbox = used.find((each) => each.peerId === peerId)
    if (mailbox === undefined) return refusal("unknown-mailbox", "This group does not use that mailbox.")
    sayOfMailbox(turn, uuid, { ...mailbox, at: turn.now, used: false })
    const inMailboxes = new Map(turn.group(uuid).delivery.inMailboxes)
    inMailboxes.delete(peerId)
    turn.changeDelivery(uuid, { inMailboxes })
    return { peerId }
  })
}

/** Every mailbox that a group of this device uses. */
export function mailboxesOf(state: PeerState): readonly GroupMailbox[] {
  const all = [...state.durable.groups.values()].filter(takesPart).flatMap(usedMailboxes)
  return [...new Map(all.map((mailbox) => [mailbox.peerId, mailbox])).values()]
}

function usedIn(turn: Turn, uuid: string): readonly GroupMailbox[] | Refusal {
  const group = turn.state.durable.groups.get(uuid)
  if (group === undefined || group.hidden) return refusal("unknown-group", "There is no such group on this device.")
  if (!takesPart(group)) return refusal("not-active", "This device is no longer in the group.")
  if (!mayChooseMailboxes(group.membership.policy, roleOf(group.membership, turn.own.identity)))
    return refusal("not-allowed", "In this group admins choose the mailboxes. Ask one of them.")
  if (!ownRoom(group, turn.own.device).canTestify) return logFull()
  return usedMailboxes(group)
}

/** Signs what the group is to do, knowing of all that was said before; its members follow as they get the record. */
export function sayOfMailbox(turn: Turn, uuid: string, mailbox: GroupMailbox): void {
  const group = turn.group(uuid)
  const before = wordsInForce(group).filter((word) => word.mailbox.peerId === mailbox.peerId)
  const at = Math.max(mailbox.at, ...before.map((word) => word.mailbox.at + 1))
  const body = encodeMailboxRecord({ mailbox: { ...mailbox, at }, supersedes: before.map(({ hash }) => hash) })
  authorRecord(turn, uuid, RECORD_KINDS.mailbox, body, group.forest.get(group.live)?.era)
  turn.notify({ kind: "group", group: uuid })
  syncSoon(turn, uuid)
}

/** What was in use before mailboxes were chosen by records is signed by members who may, where nobody has said otherwise. */
export function signFormerMailboxes(turn: Turn, uuid: string): void {
  const group = turn.group(uuid)
  const { mailboxes } = group.delivery
  const { policy } = group.membership
  const isSigned = mayChooseMailboxes(policy, roleOf(group.membership, turn.own.identity))
  if (mailboxes.size === 0 || group.phase !== "active" || !isSigned) return
  const said = new Set([...group.mailboxWords.values()].map(({ mailbox }) => mailbox.peerId))
  for (const mailbox of mailboxes.values())
    if (mailbox.used && !said.has(mailbox.peerId) && ownRoom(turn.group(uuid), turn.own.device).canTestify)
      sayOfMailbox(turn, uuid, mailbox)
  turn.changeDelivery(uuid, { mailboxes: new Map() })
}
