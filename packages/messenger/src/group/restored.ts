import { RESEND_PATIENCE } from "../limits.ts"
import { decodeContent, messageId, type Content, type MessageId } from "../message/content.ts"
import { isOwnMessage, type ForgottenMessage } from "../message/forgotten-message.ts"
import { isShown, show } from "../message/receive-message.ts"
import { followMessage } from "../message/sent-messages.ts"
import { addToVector } from "../message/seq-set.ts"
import type { Turn } from "../peer/turn.ts"
import { ownRoom } from "./author-record.ts"
import type { SentMessage } from "./group.ts"
import { askToBeAddedAnew } from "./rejoin.ts"

interface OwnWords {
  readonly seq: number
  readonly id: MessageId
  readonly content: Content
  readonly sent: SentMessage
}

/**
 * Another member has messages of this device of which it knows nothing: it was restored from a backup. Nobody's word is taken
 * for that, only this device's own signature. What it wrote then is shown again, goes out again under new numbers, and it
 * counts on behind all of them. True where anything was new.
 */
export function recallMessages(turn: Turn, uuid: string, forgotten: readonly ForgottenMessage[]): boolean {
  const news = forgotten
    .flatMap((message) => readOwn(turn, uuid, message))
    .filter((own) => isForgotten(turn, uuid, own))
  if (news.length === 0) return false
  for (const own of news.toSorted((a, b) => a.seq - b.seq)) recall(turn, uuid, own)
  goOnFromBackup(turn, uuid)
  return true
}

/** A number beyond the last one, or one under which this device knows another message, or none. */
function isForgotten(turn: Turn, uuid: string, { seq, id }: OwnWords): boolean {
  const group = turn.group(uuid)
  const known = group.sent.find(({ copies }) => copies.some((copy) => copy.seq === seq))
  return seq > group.sentCount || (known !== undefined && known.id !== id) || !isShown(turn, group, id)
}

function readOwn(turn: Turn, uuid: string, message: ForgottenMessage): OwnWords[] {
  const content = decodeContent(message.data)
  if (content.kind !== "ok" || !isOwnMessage(turn, turn.group(uuid), message)) return []
  const id = messageId(turn.crypto, turn.own.device, message.data)
  const sent = { id, content: message.data, at: content.value.at, copies: [], reached: 0 }
  return [{ seq: message.seq, id, content: content.value, sent }]
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
  show(turn, uuid, id, content, { from: turn.own.identity, epoch, mine: true })
}

/**
 * What this device knows of its own keys is out of date: others have seen it use them further. It reads on, sends nothing
 * in the state that it is in, asks to be added anew, and then sends again whatever may have been taken for a repetition.
 */
export function goOnFromBackup(turn: Turn, uuid: string): void {
  const group = turn.group(uuid)
  if (group.phase !== "active" || group.restoredIn === group.live) return
  if (ownRoom(group, turn.own.device).unasked < 2) return
  turn.putGroup({ ...group, restoredIn: group.live, sent: group.sent.map((sent) => ({ ...sent, copies: [] })) })
  askToBeAddedAnew(turn, uuid)
}
