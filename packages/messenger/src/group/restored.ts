import { MAX_RESTORED_AHEAD, REJOIN_PAUSE } from "../limits.ts"
import { joinSets, type SeqSet } from "../message/seq-set.ts"
import type { Turn } from "../peer/turn.ts"
import { ownRoom } from "./author-record.ts"
import { askToBeAddedAnew } from "./rejoin.ts"

/**
 * Another member holds more messages of this device than it remembers: it was restored from a backup. It goes on counting
 * after them.
 */
export function noteForgottenMessages(turn: Turn, uuid: string, theirs: SeqSet): void {
  const group = turn.group(uuid)
  const last = theirs.at(-1)?.to ?? 0
  if (last <= group.sentCount || last > group.sentCount + MAX_RESTORED_AHEAD) return
  // It is their bare word: who makes it up can trouble this device now and then, and no more.
  if (turn.now < (turn.work(uuid).rejoinedAt ?? -Infinity) + REJOIN_PAUSE) return
  const { device } = turn.own
  const held = new Map(group.held).set(device, joinSets(group.held.get(device) ?? [], [{ from: 1, to: last }]))
  turn.putGroup({ ...group, sentCount: last, held })
  goOnFromBackup(turn, uuid)
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
