import type { Group } from "../group/group.ts"
import type { GroupWork } from "../group/group-work.ts"
import { hasDevice } from "../group/roster.ts"
import type { DeviceKey } from "../identity/device-certificate.ts"
import { FORGOTTEN_PROBES, MAX_FORGOTTEN, MAX_NAMED, MAX_NOTED } from "../limits.ts"
import type { MessageId } from "../message/content.ts"
import { holdsCopy } from "../message/delivery.ts"
import type { HandedMessage } from "../message/handed-messages.ts"
import { signedMessage, readNumbered } from "../message/numbered.ts"
import { isShown } from "../message/receive-message.ts"
import { descending, missingFrom, type SeqSet } from "../message/seq-set.ts"
import type { Turn } from "../peer/turn.ts"
import type { NamedMessage, SyncRequest } from "./sync-frames.ts"

/**
 * Own messages for a device that is not known to show them: the newest ones, each under its last number. And those of before this device
 * found that it had been restored, under the numbers that they had then: another message may have come under these.
 */
export function namedFor({ acks, forest, sent }: Group, device: DeviceKey): NamedMessage[] {
  const isFor = (sid: string): boolean => hasDevice(forest.get(sid)?.roster ?? [], device)
  const unshown = sent
    .filter((each) => !holdsCopy(acks, device, each) && each.copies.some(({ sid }) => isFor(sid)))
    .slice(-MAX_NAMED)
    .flatMap(({ id, copies }) => copies.slice(-1).map(({ seq }) => ({ seq, id })))
  const former = sent.flatMap(({ id, former: numbers }) => Array.from(descending(numbers), (seq) => ({ seq, id })))
  const bySeq = Map.groupBy(former, ({ seq }) => seq)
  // Of a number that two are known to have had, nothing is left to be found out.
  return [...unshown, ...former.filter(({ seq }) => bySeq.get(seq)?.length === 1)].slice(0, MAX_NAMED)
}

/** Messages of a device that are shown here: those that it named, and those that came last. */
export function shownFor(
  turn: Turn,
  uuid: string,
  device: DeviceKey,
  named: readonly NamedMessage[],
): readonly MessageId[] {
  const group = turn.group(uuid)
  const asked = named.map(({ id }) => id).filter((id) => isShown(turn, group, id))
  return [...new Set([...asked, ...(turn.work(uuid).recent.get(device) ?? [])])].slice(0, MAX_NAMED)
}

/** Messages of others that are shown here and came last, for those who read a note: of many, each author has a share of half of them. */
export function shownForAll({ shown, sent }: Group, { recent }: Pick<GroupWork, "recent">): readonly MessageId[] {
  const share = Math.ceil(MAX_NOTED / 2 / Math.max(1, recent.size))
  const ofEach = [...recent.values()].flatMap((ids) => ids.slice(-share))
  const own = new Set(sent.map(({ id }) => id))
  const last = [...shown].filter((id) => !own.has(id)).toReversed()
  return [...new Set([...ofEach, ...last])].slice(0, MAX_NOTED)
}

/**
 * Messages by the asker that it seems to know nothing of: under numbers of its own that it does not name, the newest first, and
 * those that came under the number of another one that it named. A device that was restored from a backup learns of it so.
 */
export function forgottenBy(
  turn: Turn,
  uuid: string,
  device: DeviceKey,
  { messages, untold, past, named }: SyncRequest,
): readonly HandedMessage[] {
  const group = turn.group(uuid)
  const told = [messages, untold, past].map((vector) => vector.get(device) ?? [])
  const unknown = told.reduce<SeqSet>(missingFrom, group.held.get(device) ?? [])
  const forgotten: HandedMessage[] = []
  const look = (seq: number, isOther: (id: MessageId) => boolean): void => {
    const numbered = readNumbered(turn.env.rows, uuid, device, seq)
    if (numbered === undefined || !isOther(numbered.id)) return
    const message = signedMessage(turn.env.rows, group, seq, numbered)
    if (message !== undefined && forgotten.length < MAX_FORGOTTEN) forgotten.push({ ...message, device })
  }
  for (const seq of take(descending(unknown), FORGOTTEN_PROBES)) look(seq, () => true)
  for (const { seq, id } of named) look(seq, (other) => other !== id)
  return forgotten
}

function* take(numbers: Iterable<number>, most: number): Generator<number> {
  let left = most
  for (const each of numbers) {
    if (left-- === 0) return
    yield each
  }
}
