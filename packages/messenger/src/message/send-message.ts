import { protect } from "@starling/mls"

import { sealEnvelope } from "../group/envelope.ts"
import { ancestry, stateOf } from "../group/forest-node.ts"
import type { Group, SentMessage } from "../group/group.ts"
import { closeGate } from "../group/reconcile.ts"
import { devicesOf, hasDevice } from "../group/roster.ts"
import { MAX_SENT, RETENTION } from "../limits.ts"
import type { Turn } from "../peer/turn.ts"
import { encodeContent, messageId, type Content, type MessageId } from "./content.ts"
import { keepSealed, show } from "./receive-message.ts"
import { encodeSealedMessage, messageAuthenticatedData } from "./sealed-message.ts"
import { addToVector } from "./seq-set.ts"

/** Encrypts a new message in the live state, keeps it, shows it, publishes it. `closeGate` has let it pass. */
export function sendMessage(turn: Turn, uuid: string, text: string): MessageId {
  const content: Content = { text, at: turn.now, salt: turn.env.mls.random.draw(16, "message salt") }
  const encoded = encodeContent(content)
  const id = messageId(turn.crypto, turn.own.device, encoded)
  const sent: SentMessage = { id, content: encoded, at: turn.now, copies: [], reached: 0 }
  const group = turn.group(uuid)
  turn.putGroup({ ...group, sent: [...group.sent.slice(-MAX_SENT + 1), sent] })
  encryptCopy(turn, uuid, sent)
  const epoch = turn.group(uuid).forest.get(turn.group(uuid).live)?.epoch ?? 0
  show(turn, uuid, id, content, { from: turn.own.identity, epoch, mine: true })
  return id
}

/**
 * After a change of branch: what this device sent on branches that lost goes out again, under the same ids, where
 * somebody in the live tree was in none of the states that it was sent in.
 */
export function resendMessages(turn: Turn, uuid: string): void {
  const lost = turn.group(uuid).sent.filter((sent) => isMissed(turn.group(uuid), sent, turn.now))
  if (lost.length === 0) return
  if (!closeGate(turn, uuid)) return
  for (const sent of lost) encryptCopy(turn, uuid, sent)
}

function isMissed(group: Group, sent: SentMessage, now: number): boolean {
  const live = group.forest.get(group.live)
  if (live === undefined || sent.at < now - RETENTION) return false
  if (sent.copies.length === 0) return true
  const path = new Set(ancestry(group.forest, group.live).map(({ sid }) => sid))
  if (sent.copies.some(({ sid }) => path.has(sid))) return false
  const rosters = sent.copies.map(({ sid }) => group.forest.get(sid)?.roster ?? [])
  return devicesOf(live.roster).some(({ device }) => !rosters.some((roster) => hasDevice(roster, device)))
}

function encryptCopy(turn: Turn, uuid: string, sent: SentMessage): void {
  const group = turn.group(uuid)
  const node = group.forest.get(group.live)
  const state = stateOf(node)
  if (node === undefined || state === undefined || group.restoredIn === node.sid) return
  const seq = group.sentCount + 1
  const { device } = turn.own
  const authenticatedData = messageAuthenticatedData(device, seq)
  const { next, message: mls } = protect(turn.mlsOf(state), state, sent.content, { authenticatedData })
  const sealed = { device, seq, sid: node.sid, mls }
  const copies = [...sent.copies, { seq, sid: node.sid }]
  turn.putGroup({
    ...group,
    forest: new Map(group.forest).set(node.sid, { ...node, standing: { kind: "held", state: next } }),
    sentCount: seq,
    held: addToVector(group.held, device, seq),
    sent: group.sent.map((each) => (each.id === sent.id ? { ...each, copies } : each)),
  })
  keepSealed(turn, uuid, sealed)
  if (node.era === undefined) return
  const data = sealEnvelope(turn.crypto, node.era, "msg", encodeSealedMessage(sealed))
  turn.effects.push({ kind: "publish", topic: node.era.topic, data, message: { group: uuid, id: sent.id } })
}
