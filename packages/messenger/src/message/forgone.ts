import type { DeviceKey } from "../identity/device-certificate.ts"
import { MAX_BREAKS, MAX_FORGONE_RUNS, MAX_HELD_RANGES } from "../limits.ts"
import type { Turn } from "../peer/turn.ts"
import type { MessageId } from "./content.ts"
import { missingFrom, type SeqSet } from "./seq-set.ts"

/** Messages in a row, of one device, that are missing here and are asked for no more. */
export interface Forgone {
  readonly device: DeviceKey
  readonly count: number
  /** The first message of the device that was shown after them. */
  readonly before: MessageId | undefined
}

/**
 * Numbers of a device that came, with as many ranges as are kept at most: of a device that leaves out one number after the other
 * the oldest gaps are closed, and counted. A person is told of them as of any gap.
 */
export function closeOldestGaps(turn: Turn, uuid: string, device: DeviceKey, set: SeqSet): SeqSet {
  const [first] = set
  const surplus = set.length - MAX_HELD_RANGES
  const last = set[surplus]
  if (first === undefined || last === undefined || surplus <= 0) return set
  const closed = { from: first.from, to: last.to }
  const { past, delivery } = turn.group(uuid)
  const excused = [
    set,
    ...[past, turn.work(uuid).notOurs, delivery.superseded].map((vector) => vector.get(device) ?? []),
  ]
  const missing = excused.reduce<SeqSet>(missingFrom, [closed])
  noteForgone(
    turn,
    uuid,
    device,
    missing.reduce((sum, { from, to }) => sum + to - from + 1, 0),
  )
  return [closed, ...set.slice(surplus + 1)]
}

/** What was forgone of the device stands before this message, which was shown. */
export function closeForgone(turn: Turn, uuid: string, device: DeviceKey, message: MessageId): void {
  const { forgone } = turn.group(uuid).delivery
  if (!forgone.some((run) => run.device === device && run.before === undefined)) return
  const close = (run: Forgone): Forgone =>
    run.device === device && run.before === undefined ? { ...run, before: message } : run
  turn.changeDelivery(uuid, { forgone: forgone.map(close) })
  turn.notify({ kind: "group", group: uuid })
}

/** What is too many runs of one device is counted with the run after it. */
function noteForgone(turn: Turn, uuid: string, device: DeviceKey, more: number): void {
  if (more === 0) return
  const { forgone } = turn.group(uuid).delivery
  const ofDevice = forgone.filter((run) => run.device === device)
  const open = ofDevice.find(({ before }) => before === undefined)
  const oldest = open === undefined && ofDevice.length === MAX_FORGONE_RUNS ? ofDevice[0] : undefined
  const count = more + (open?.count ?? 0) + (oldest?.count ?? 0)
  const others = forgone.filter((run) => run !== open && run !== oldest)
  turn.changeDelivery(uuid, { forgone: [...others, { device, count, before: undefined }].slice(-MAX_BREAKS) })
  if (open === undefined) turn.notify({ kind: "group", group: uuid })
}
