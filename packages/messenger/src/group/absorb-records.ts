import { RECORD_KINDS, type LoggedRecord } from "../record/record.ts"
import { isForked, isOfGroup, judgeRecord } from "../record/record-log.ts"
import { MAX_PENDING_PER_DEVICE, MAX_PENDING_PER_GROUP } from "../limits.ts"
import { heedMailboxWords } from "../mailbox/mailbox-words.ts"
import type { Turn } from "../peer/turn.ts"
import { bearerOf } from "./bearers.ts"
import { straysIn } from "./drop-strays.ts"
import type { Group } from "./group.ts"
import { goOnFromBackup } from "./restored.ts"
import { addRecord, membershipOf, withoutRecords } from "./rebuild-group.ts"

/**
 * Takes records into the logs, in whatever order they come: those that continue a log of a device that somebody answers for are
 * kept, as far as that log goes; those beyond a gap wait. Returns true where something is missing that another member may hold.
 */
export function absorbRecords(turn: Turn, uuid: string, incoming: readonly LoggedRecord[]): boolean {
  const before = turn.group(uuid)
  const candidates = [...turn.work(uuid).pendingRecords, ...incoming].filter((record) => isOfGroup(record, before.id))
  const { unplaced, doubtful } = turn.work(uuid)
  const { group, waiting } = takeUp(turn, before, [...unplaced, ...doubtful], candidates)
  if (group !== before) {
    const fresh = group.records.slice(before.records.length)
    const commits = fresh.filter(isCommit)
    if (commits.length > 0) turn.changeWork(uuid, { unplaced: [...unplaced, ...commits] })
    const seen = new Set([...group.seen, ...fresh.map(({ author }) => author)])
    if (group.operations !== before.operations) takeUpDoubtful(turn, uuid)
    turn.putGroup({ ...group, seen })
    if (spokeForOthers(before, group)) judgeAnew(turn, uuid)
    dropStrays(turn, uuid)
    heedMailboxWords(turn, uuid, before.mailboxWords)
    tellOfForks(turn, before, turn.group(uuid))
    if (fresh.some(({ author }) => author === turn.own.device)) goOnFromBackup(turn, uuid)
  }
  const pendingRecords = bounded(waiting)
  if (group !== before || pendingRecords.length !== turn.work(uuid).pendingRecords.length)
    turn.changeWork(uuid, { pendingRecords })
  return waiting.length > 0
}

interface Taken {
  readonly group: Group
  readonly waiting: readonly LoggedRecord[]
}

/** The group with what continues its logs. What came now and is not kept leaves no trace. `unplaced`: COMMITs of before. */
function takeUp(
  turn: Turn,
  before: Group,
  unplaced: readonly LoggedRecord[],
  candidates: readonly LoggedRecord[],
): Taken {
  let group = before
  let known = before.operations
  let waiting = [...candidates]
  for (let length = -1; length !== waiting.length;) {
    length = waiting.length
    if (group.operations !== known) group = withMembership(group)
    known = group.operations
    const { vouched } = group.membership
    waiting = waiting.filter((record) => {
      const halvings = vouched.get(record.author)
      if (halvings === undefined) return true
      const verdict = judgeRecord(turn.crypto, group.logs, record, halvings)
      if (verdict === "next") group = addRecord(turn.crypto, group, record)
      return verdict === "gap"
    })
  }
  if (group === before) return { group, waiting }
  const fresh = group.records.slice(before.records.length)
  const strays = straysIn(turn.crypto, group, [...unplaced, ...fresh.filter(isCommit)])
  const kept = fresh.filter(({ hash }) => !strays.has(hash))
  if (kept.length === fresh.length) return { group, waiting }
  return { ...takeUp(turn, before, unplaced, kept), waiting }
}

/** What came before and is not kept any more goes, with all that it led to. */
function dropStrays(turn: Turn, uuid: string): void {
  const { unplaced: before, doubtful } = turn.work(uuid)
  const strays = straysIn(turn.crypto, turn.group(uuid), [...before, ...doubtful])
  if (strays.size === 0) return
  const { group, unplaced } = withoutRecords(turn.crypto, turn.group(uuid), strays, turn.state.plainTopics)
  turn.putGroup(group)
  turn.changeWork(uuid, { unplaced, doubtful: [] })
}

/** Whether records of some device turned out to be those of another identity. */
function spokeForOthers(before: Group, after: Group): boolean {
  if (before.bearers === after.bearers) return false
  return [...before.logs.keys()].some((device) => {
    const bearer = bearerOf(before, device)
    return bearer !== undefined && bearer !== bearerOf(after, device)
  })
}

/** Every COMMIT is judged by what the records mean now, and the records of those go whom nobody brought in who was entitled to. */
function judgeAnew(turn: Turn, uuid: string): void {
  const { records, bearers, membership } = turn.group(uuid)
  const unvouched = records.filter(
    ({ author }) => author !== turn.own.device && bearers.claims.has(author) && !membership.vouched.has(author),
  )
  const dropped = new Set(unvouched.map(({ hash }) => hash))
  const { group, unplaced } = withoutRecords(turn.crypto, turn.group(uuid), dropped, turn.state.plainTopics)
  turn.putGroup(group)
  turn.changeWork(uuid, { unplaced, doubtful: [] })
  if (dropped.size > 0) judgeAnew(turn, uuid)
}

/** COMMITs that were not in order may be so by other operations. */
function takeUpDoubtful(turn: Turn, uuid: string): void {
  const { unplaced, doubtful } = turn.work(uuid)
  if (doubtful.length > 0) turn.changeWork(uuid, { unplaced: [...unplaced, ...doubtful], doubtful: [] })
}

function withMembership(group: Group): Group {
  return { ...group, membership: membershipOf(group) }
}

/** Tells once of each device that turns out to have signed two histories. */
function tellOfForks(turn: Turn, before: Group, after: Group): void {
  for (const [device, log] of after.logs) {
    if (!isForked(log) || isForked(before.logs.get(device) ?? [])) continue
    const name = after.membership.desired.get(bearerOf(after, device) ?? "")?.name ?? "a former member"
    turn.notify({
      kind: "trouble",
      code: "logs-differ",
      text: `In ${after.founding.name}, the device of ${name} has signed two different histories: it was restored from a backup, or somebody has its keys. If they did not restore it, remove ${name} and invite them anew.`,
    })
  }
}

function isCommit({ kind }: LoggedRecord): boolean {
  return kind === RECORD_KINDS.commit
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
