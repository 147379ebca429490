import type { Group, SentMessage } from "../group/group.ts"
import type { DeviceKey } from "../identity/device-certificate.ts"
import { MAX_HELD_RANGES } from "../limits.ts"
import type { Turn } from "../peer/turn.ts"
import { holdsCopy } from "./delivery.ts"
import {
  addSeq,
  joinSets,
  lastOf,
  missingFrom,
  newestRanges,
  sharedBy,
  type MessageVector,
  type SeqSet,
} from "./seq-set.ts"

/** The numbers of an own message under which nothing is to be had that is not under its last one. */
export function formerNumbers({ copies, former }: Pick<SentMessage, "copies" | "former">): SeqSet {
  if (copies.length === 0) return []
  return copies.slice(0, -1).reduce<SeqSet>((set, { seq }) => addSeq(set, seq), former)
}

/** Notes numbers that a device's messages went out under before they went out under later ones, by its own word: it knows best what it wrote. */
export function noteSuperseded(turn: Turn, uuid: string, device: DeviceKey, numbers: SeqSet): boolean {
  const { superseded } = turn.group(uuid).delivery
  const known = superseded.get(device) ?? []
  if (missingFrom(numbers, known).length === 0) return false
  const all = newestRanges(joinSets(known, numbers), MAX_HELD_RANGES)
  turn.changeDelivery(uuid, { superseded: new Map(superseded).set(device, all) })
  return true
}

/** Numbers of own messages that a device lacks while it shows the messages, under other numbers. */
export function doublesFor({ acks, sent }: Group, device: DeviceKey, told: SeqSet): SeqSet {
  const shown = sent.filter((each) => holdsCopy(acks, device, each))
  const numbers = shown.map(({ copies, former }) => copies.reduce<SeqSet>((set, { seq }) => addSeq(set, seq), former))
  return missingFrom(numbers.reduce<SeqSet>(joinSets, []), told)
}

/** A device says which of its numbers that are missing here are of messages that this one shows: they count as held. */
export function noteDoubles(turn: Turn, uuid: string, device: DeviceKey, doubles: SeqSet): void {
  const { held } = turn.group(uuid)
  const known = held.get(device) ?? []
  const end = Math.max(lastOf(known), turn.work(uuid).claims.get(device)?.to ?? 0)
  const news = sharedBy(missingFrom([{ from: 1, to: end }], known), doubles)
  if (end === 0 || news.length === 0) return
  turn.changeGroup(uuid, { held: new Map(held).set(device, joinSets(known, news)) })
  turn.notify({ kind: "group", group: uuid })
}

/** Numbers under which somebody who holds what is `told` misses nothing. */
export function supersededFor({ delivery, sent }: Group, own: DeviceKey, told: MessageVector): MessageVector {
  const ownNumbers = sent.map(formerNumbers).reduce<SeqSet>(joinSets, delivery.superseded.get(own) ?? [])
  const news = new Map<DeviceKey, SeqSet>()
  for (const [device, numbers] of new Map(delivery.superseded).set(own, ownNumbers)) {
    const missing = missingFrom(numbers, told.get(device) ?? [])
    if (missing.length > 0) news.set(device, missing)
  }
  return news
}
