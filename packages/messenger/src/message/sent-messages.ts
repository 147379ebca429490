import type { Milliseconds } from "@starling/kernel"
import { encode } from "@starling/wire"

import { ancestry } from "../group/forest-node.ts"
import type { Group, SentMessage } from "../group/group.ts"
import { devicesOf } from "../group/roster.ts"
import { readTime, type DeviceKey } from "../identity/device-certificate.ts"
import { MAX_SENT, MAX_SENT_BYTES, RESEND_PATIENCE, RETENTION, TICKED } from "../limits.ts"
import { BUCKETS } from "../peer/buckets.ts"
import type { DeliveryCount } from "../peer/step.ts"
import type { Turn } from "../peer/turn.ts"
import type { Store } from "../ports/store.ts"
import { decodeOwnRow } from "../versioned.ts"
import type { MessageId } from "./content.ts"
import { deliveryCount, holdsCopy } from "./delivery.ts"
import { joinSets, type SeqSet } from "./seq-set.ts"
import { formerNumbers, noteSuperseded } from "./superseded.ts"

const VERSION = 1

/** Follows an own message until everybody has it, so that it can go out again; where that is too much, the oldest are let go. */
export function followMessage(turn: Turn, uuid: string, message: SentMessage): void {
  const { sent } = turn.group(uuid)
  const isLast = (sent.at(-1)?.at ?? 0) <= message.at
  const all = isLast ? [...sent, message] : [...sent, message].sort((a, b) => a.at - b.at)
  turn.changeGroup(uuid, { sent: all })
  if (surplusOf(all) === 0) return
  letGoOfSettled(turn, uuid)
  const left = turn.group(uuid).sent
  letGo(turn, uuid, new Set(left.slice(0, surplusOf(left))))
}

/** With `message` in the place of the one of its id; it is likely to be among the last. */
export function withSent(sent: readonly SentMessage[], message: SentMessage): readonly SentMessage[] {
  const at = sent.findLastIndex(({ id }) => id === message.id)
  return at < 0 ? sent : sent.with(at, message)
}

/** Lets go of what need not go out again: what everybody has, but for the last ones, and what is too old. */
export function letGoOfSettled(turn: Turn, uuid: string): void {
  const group = turn.group(uuid)
  const isOver = ({ at }: SentMessage): boolean => at < turn.now - RESEND_PATIENCE
  const older = group.sent.length > TICKED ? group.sent.slice(0, -TICKED) : []
  const isKnown = older.length > 0 ? settledIn(group, turn.own.device, turn.now) : () => false
  letGo(turn, uuid, new Set([...group.sent.filter(isOver), ...older.filter(isKnown)]))
}

/** Lets go of all: this device is out, and can send nothing again. */
export function letGoOfAll(turn: Turn, uuid: string): void {
  letGo(turn, uuid, new Set(turn.group(uuid).sent))
}

/** How far a message came that is followed no more, where not everybody was known to have it. */
export function endedDeliveryOf(reader: Pick<Store, "get">, uuid: string, id: MessageId): DeliveryCount | undefined {
  const bytes = reader.get(BUCKETS.letGo, uuid, id)
  if (bytes === undefined) return undefined
  return decodeOwnRow("message's end", bytes, VERSION, (r) => ({
    reached: readTime(r),
    delivered: readTime(r),
    recipients: readTime(r),
    read: readTime(r),
    mailboxes: readTime(r),
    ended: true,
  }))
}

/** How many of the oldest are too many. */
function surplusOf(sent: readonly SentMessage[]): number {
  let bytes = 0
  for (const { content } of sent) bytes += content.length
  let surplus = 0
  while (bytes > MAX_SENT_BYTES) bytes -= sent[surplus++]?.content.length ?? bytes
  return Math.max(surplus, sent.length - MAX_SENT)
}

/** Nothing is lost in silence: what may not have reached everybody keeps a row that says so. */
function letGo(turn: Turn, uuid: string, gone: ReadonlySet<SentMessage>): void {
  if (gone.size === 0) return
  const group = turn.group(uuid)
  const isKnown = settledIn(group, turn.own.device, turn.now + RETENTION)
  for (const sent of gone) {
    const count = isKnown(sent) ? undefined : deliveryCount(turn.state, group, sent.id)
    if (count === undefined) continue
    const value = encode((writer) => {
      writer.uint16(VERSION)
      for (const each of [count.reached, count.delivered, count.recipients, count.read, count.mailboxes])
        writer.uint64(BigInt(each))
    })
    turn.writes.push({ kind: "put", bucket: BUCKETS.letGo, partition: uuid, key: sent.id, ordinal: sent.at, value })
    turn.notify({ kind: "delivery", group: uuid, id: sent.id, delivery: { ...count, ended: true } })
  }
  turn.changeGroup(uuid, { sent: group.sent.filter((each) => !gone.has(each)) })
  noteSuperseded(turn, uuid, turn.own.device, [...gone].map(formerNumbers).reduce<SeqSet>(joinSets, []))
}

/** Whether everybody who is still a member, and whom it was for, has it: said on the chosen path, a retention ago. */
function settledIn(group: Group, own: DeviceKey, now: Milliseconds): (sent: SentMessage) => boolean {
  const path = new Set(ancestry(group.forest, group.live).map(({ sid }) => sid))
  const members = devicesOf(group.forest.get(group.live)?.roster ?? []).map(({ device }) => device)
  const others = new Set(members.filter((device) => device !== own))
  return (sent) => {
    const last = sent.copies.at(-1)
    if (last === undefined || sent.at > now - RETENTION || !path.has(last.sid)) return false
    const readers = devicesOf(group.forest.get(last.sid)?.roster ?? []).filter(({ device }) => others.has(device))
    return readers.every(({ device }) => holdsCopy(group.acks, device, sent))
  }
}
