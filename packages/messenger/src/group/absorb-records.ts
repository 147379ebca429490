import { RECORD_KINDS, type LoggedRecord } from "../record/record.ts"
import { isForked, isOfGroup, judgeRecord } from "../record/record-log.ts"
import { MAX_PENDING_PER_DEVICE, MAX_PENDING_PER_GROUP } from "../limits.ts"
import { heedMailboxWords } from "../mailbox/mailbox-words.ts"
import type { Turn } from "../peer/turn.ts"
import type { Group } from "./group.ts"
import { goOnFromBackup } from "./restored.ts"
import { addRecord, findDevice, membershipOf } from "./rebuild-group.ts"

/**
 * Takes records into the logs, in whatever order they come: those that continue a log of a device that somebody answers for are
 * kept, as far as that log goes; those beyond a gap wait. Returns true where something is missing that another member may hold.
 */
export function absorbRecords(turn: Turn, uuid: string, incoming: readonly LoggedRecord[]): boolean {
  const before = turn.group(uuid)
  let group = before
  let known = before.operations
  let waiting = [...turn.work(uuid).pendingRecords, ...incoming].filter((record) => isOfGroup(record, group.id))
  const unplaced = [...turn.work(uuid).unplaced]
  for (let length = -1; length !== waiting.length;) {
    length = waiting.length
    if (group.operations !== known) group = withMembership(group)
    known = group.operations
    const { vouched } = group.membership
    waiting = waiting.filter((record) => {
      const halvings = vouched.get(record.author)
      if (halvings === undefined) return true
      const verdict = judgeRecord(turn.crypto, group.logs, record, halvings)
      if (verdict === "next") {
        group = addRecord(turn.crypto, group, record)
        if (record.kind === RECORD_KINDS.commit) unplaced.push(record)
      }
      return verdict === "gap"
    })
  }
  if (group !== before) {
    const seen = new Set([...group.seen, ...group.records.slice(before.records.length).map(({ author }) => author)])
    turn.putGroup({ ...group, seen, membership: group.operations === known ? group.membership : membershipOf(group) })
    heedMailboxWords(turn, uuid, before.mailboxWords)
    tellOfForks(turn, before, group)
    if (group.records.slice(before.records.length).some(({ author }) => author === turn.own.device))
      goOnFromBackup(turn, uuid)
  }
  const pendingRecords = bounded(waiting)
  if (group !== before || pendingRecords.length !== turn.work(uuid).pendingRecords.length)
    turn.changeWork(uuid, { pendingRecords, unplaced })
  return waiting.length > 0
}

function withMembership(group: Group): Group {
  return { ...group, membership: membershipOf(group) }
}

/** Tells once of each device that turns out to have signed two histories. */
function tellOfForks(turn: Turn, before: Group, after: Group): void {
  for (const [device, log] of after.logs) {
    if (!isForked(log) || isForked(before.logs.get(device) ?? [])) continue
    const name = after.membership.desired.get(findDevice(after, device)?.identity ?? "")?.name ?? "a former member"
    turn.notify({
      kind: "trouble",
      code: "logs-differ",
      text: `In ${after.founding.name}, the device of ${name} has signed two different histories: it was restored from a backup, or somebody has its keys. If they did not restore it, remove ${name} and invite them anew.`,
    })
  }
}

/** Keeps the newest, at most 64 of a device and 256 in all, each once. */
function bounded(waiting: readonly LoggedRecord[]): LoggedRecord[] {
  const kept: LoggedRecord[] = []
  const perDevice = new Map<string, number>()
  const known = new Set<string>()
  for (const record of waiting.toReversed()) {
    const count = perDevice.get(record.author) ?? 0
    if (known.has(record.hash) || count === MAX_PENDING_PER_DEVICE || kept.length === MAX_PENDING_PER_GROUP) continue
    known.add(record.hash)
    perDevice.set(record.author, count + 1)
    kept.push(record)
  }
  return kept.toReversed()
}
