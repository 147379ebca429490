import { RESEND_PATIENCE } from "../limits.ts"
import { decodeContent, messageId, type Content, type MessageId } from "../message/content.ts"
import { isSignedBy, stateSignedIn, type SignedMessage } from "../message/signed-message.ts"
import { isShown, show } from "../message/receive-message.ts"
import { resendMessages } from "../message/send-message.ts"
import { followMessage } from "../message/sent-messages.ts"
import { addSeq, addToVector, hasSeq } from "../message/seq-set.ts"
import type { Turn } from "../peer/turn.ts"
import { ownRoom } from "./author-record.ts"
import type { IdentityId } from "../identity/identity-id.ts"
import { additionOf, type ForestNode } from "./forest-node.ts"
import type { Group, SentMessage } from "./group.ts"
import { isMuted } from "./is-muted.ts"
import { askToBeAddedAnew } from "./rejoin.ts"
import { isDisplaced } from "./tips.ts"

interface OwnWords {
  readonly seq: number
  readonly id: MessageId
  readonly content: Content
  readonly sent: SentMessage
  /** Unknown where this device has forgotten what led there, too. */
  readonly saidIn: ForestNode | undefined
}

/**
 * Another member has messages of this device of which it knows nothing: it was restored from a backup. Nobody's word is taken
 * for that, only this device's own signature. What it wrote then is shown again, goes out again under new numbers, and it
 * counts on behind all of them. True where anything was new.
 */
export function recallMessages(turn: Turn, uuid: string, forgotten: readonly SignedMessage[]): boolean {
  const news = forgotten
    .flatMap((message) => readOwn(turn, uuid, message))
    .filter((own) => isForgotten(turn, uuid, own) || isUnknownNumber(turn, uuid, own))
  if (news.length === 0) return false
  const isOutOfDate = news.some((own) => isForgotten(turn, uuid, own))
  for (const own of news.toSorted((a, b) => a.seq - b.seq)) recall(turn, uuid, own)
  if (!isOutOfDate) return true
  const before = turn.group(uuid)
  if (news.some((own) => isOfThisLeaf(before, turn.own.identity, own))) goOnFromBackup(turn, uuid)
  else {
    turn.changeGroup(uuid, { sent: before.sent.map(toBeSentAgain) })
    if (!isDisplaced(before)) resendMessages(turn, uuid)
  }
  return true
}

/** A number beyond the last one, or one under which this device knows another message, or none. */
function isForgotten(turn: Turn, uuid: string, { seq, id }: OwnWords): boolean {
  const group = turn.group(uuid)
  const known = group.sent.find(({ copies }) => copies.some((copy) => copy.seq === seq))
  return seq > group.sentCount || (known !== undefined && known.id !== id) || !isShown(turn, group, id)
}

/** A number that this device no longer knew that it had used, whatever went out under it. */
function isUnknownNumber(turn: Turn, uuid: string, { seq }: OwnWords): boolean {
  return !hasSeq(turn.group(uuid).held.get(turn.own.device) ?? [], seq)
}

/** What was said with an earlier leaf says nothing of what this one was used for. */
function isOfThisLeaf({ forest, live }: Group, self: IdentityId, { saidIn }: OwnWords): boolean {
  return saidIn === undefined || additionOf(forest, saidIn.sid, self)?.sid === additionOf(forest, live, self)?.sid
}

function readOwn(turn: Turn, uuid: string, message: SignedMessage): OwnWords[] {
  const content = decodeContent(message.data)
  if (content.kind !== "ok" || !isSignedBy(turn, turn.group(uuid), turn.own.device, message)) return []
  const id = messageId(turn.crypto, turn.own.device, message.data)
  const sent = { id, content: message.data, at: content.value.at, copies: [], former: [], reached: 0 }
  const saidIn = stateSignedIn(turn.crypto, turn.group(uuid), message)
  return [{ seq: message.seq, id, content: content.value, sent, saidIn }]
}

function recall(turn: Turn, uuid: string, { seq, id, content, sent }: OwnWords): void {
  const group = turn.group(uuid)
  const epoch = group.forest.get(group.live)?.epoch ?? 0
  turn.putGroup({
    ...group,
    sentCount: Math.max(group.sentCount, seq),
    held: addToVector(group.held, turn.own.device, seq),
  })
  if (sent.at >= turn.now - RESEND_PATIENCE && !group.sent.some((each) => each.id === id))
    followMessage(turn, uuid, sent)
  noteFormer(turn, uuid, id, seq)
  show(turn, uuid, id, content, { from: turn.own.identity, epoch, mine: true })
}

/** What goes out under another number is missed by nobody under this one. */
function noteFormer(turn: Turn, uuid: string, id: MessageId, seq: number): void {
  const withFormer = (each: SentMessage): SentMessage => {
    if (each.id !== id || each.copies.some((copy) => copy.seq === seq)) return each
    return { ...each, former: addSeq(each.former, seq) }
  }
  turn.changeGroup(uuid, { sent: turn.group(uuid).sent.map(withFormer) })
}

/**
 * What this device knows of its own keys is out of date: others have seen it use them further. It reads on, sends nothing
 * with the leaf that it has, asks to be added anew, and then sends again whatever may have been taken for a repetition.
 */
export function goOnFromBackup(turn: Turn, uuid: string): void {
  const group = turn.group(uuid)
  if (group.phase !== "active" || isMuted(group, turn.own.identity)) return
  if (ownRoom(group, turn.own.device).unasked < 2) return
  turn.putGroup({ ...group, restoredIn: group.live, sent: group.sent.map(toBeSentAgain) })
  askToBeAddedAnew(turn, uuid)
}

function toBeSentAgain(sent: SentMessage): SentMessage {
  return { ...sent, copies: [], former: sent.copies.reduce((set, { seq }) => addSeq(set, seq), sent.former) }
}
