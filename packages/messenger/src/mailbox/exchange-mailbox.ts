import type { Milliseconds } from "@starling/kernel"

import { derive, type Era } from "../group/era.ts"
import type { PeerId } from "../identity/peer-id.ts"
import { MAILBOX_PERIOD } from "../limits.ts"
import { askForHeldBack } from "../message/history-budget.ts"
import { jitter } from "../peer/jitter.ts"
import type { Turn } from "../peer/turn.ts"
import { bytesOf } from "../record/operation.ts"
import { takesPart } from "../sync/request-sync.ts"
import { boxedEras } from "./boxed-eras.ts"
import { nextPut } from "./fill-box.ts"
import type { GroupMailbox } from "./group-mailbox.ts"
import { encodeMailboxRequest, type MailboxAsk } from "./mailbox-frames.ts"
import { usedMailboxes } from "./mailbox-words.ts"
import { NO_INSTANCE, type MailboxExchange, type Put } from "./mailbox-work.ts"
import { changeMailboxWork, mailboxWork, underWay } from "./rounds.ts"

/** Goes on with every mailbox that is connected and whose time has come. */
export function exchangeWithMailboxes(turn: Turn, uuid: string): void {
  if (!takesPart(turn.group(uuid))) return
  for (const mailbox of usedMailboxes(turn.group(uuid))) {
    const { peerId } = mailbox
    const work = mailboxWork(turn, uuid, peerId)
    if (!turn.isConnected(peerId) || work.nextAt > turn.now || underWay(turn, uuid, peerId)) continue
    if (work.stage === "idle") beginRound(turn, uuid, peerId)
    if (mailboxWork(turn, uuid, peerId).stage === "reading") readOn(turn, uuid, mailbox)
    if (mailboxWork(turn, uuid, peerId).stage === "putting") putOn(turn, uuid, mailbox)
  }
}

/** What there was no room for, and now is, is read once more. */
function beginRound(turn: Turn, uuid: string, peerId: PeerId): void {
  const { read, heldFrom } = mailboxWork(turn, uuid, peerId)
  changeMailboxWork(turn, uuid, peerId, { stage: "reading", done: new Set(), fetches: 0 })
  if (heldFrom.size === 0 || askForHeldBack(turn, uuid).length > 0) return
  const again = Array.from(read, ([era, to]) => [era, { ...to, number: heldFrom.get(era) ?? to.number }] as const)
  changeMailboxWork(turn, uuid, peerId, { read: new Map(again), heldFrom: new Map() })
}

function readOn(turn: Turn, uuid: string, mailbox: GroupMailbox): void {
  const { done, read } = mailboxWork(turn, uuid, mailbox.peerId)
  const era = boxedEras(turn.group(uuid)).find(({ id }) => !done.has(id))
  if (era === undefined) {
    changeMailboxWork(turn, uuid, mailbox.peerId, { stage: "putting" })
    return
  }
  const { instance, number } = read.get(era.id) ?? { instance: NO_INSTANCE, number: 0 }
  ask(turn, uuid, mailbox, era, { kind: "fetch", instance: bytesOf(instance), after: number })
}

function putOn(turn: Turn, uuid: string, mailbox: GroupMailbox): void {
  const next = nextPut(turn, uuid, mailbox.peerId)
  if (next !== undefined) {
    ask(turn, uuid, mailbox, next.era, { kind: "put", entries: next.entries }, next.put)
    return
  }
  changeMailboxWork(turn, uuid, mailbox.peerId, { stage: "idle", nextAt: turn.now + pause(turn, uuid, mailbox.peerId) })
}

/** Until it is answered, the next attempt is a period away. */
function ask(turn: Turn, uuid: string, { peerId, access }: GroupMailbox, era: Era, what: MailboxAsk, put?: Put): void {
  const box = derive(turn.crypto, era.key, "mailbox box", 16)
  const token = derive(turn.crypto, era.key, "mailbox token", 32)
  const exchange: MailboxExchange = { kind: "mailbox", peerId, group: uuid, era: era.id, at: turn.now, put }
  changeMailboxWork(turn, uuid, peerId, { nextAt: turn.now + pause(turn, uuid, peerId) })
  turn.request("mailbox", exchange, encodeMailboxRequest({ access, box, token, ask: what }))
}

function pause(turn: Turn, uuid: string, peerId: PeerId): Milliseconds {
  return MAILBOX_PERIOD * 0.8 + jitter(turn, `mailbox ${uuid} ${peerId} ${turn.now}`, MAILBOX_PERIOD * 0.4)
}
