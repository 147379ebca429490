import type { Turn } from "../peer/turn.ts"
import { type RecordHash } from "../record/record.ts"
import { beyondBounds } from "../record/record-log.ts"
import { straysIn } from "./drop-strays.ts"
import type { Group } from "./group.ts"
import { withoutRecords } from "./rebuild-group.ts"

/**
 * A folder may hold what a build that had other bounds, or none, took: of that, too, a device keeps what everybody keeps, and no
 * more. Its person is told.
 */
export function keepWithinBounds(turn: Turn, uuid: string): void {
  const { records, founding } = turn.group(uuid)
  for (;;) {
    const group = turn.group(uuid)
    const dropped = new Set([...beyondIn(group), ...straysIn(turn.crypto, group, turn.work(uuid).unplaced)])
    if (dropped.size === 0) break
    const { group: kept, unplaced } = withoutRecords(turn.crypto, group, dropped, turn.state.plainTopics)
    turn.putGroup(kept)
    turn.changeWork(uuid, { unplaced, doubtful: [] })
  }
  const count = records.length - turn.group(uuid).records.length
  if (count === 0) return
  turn.notify({
    kind: "trouble",
    code: "records-dropped",
    text: `In ${founding.name}, ${count} records went beyond what is kept of one device, and were dropped: somebody has flooded the group.`,
  })
}

/** Records of devices that nobody answers for, and those with which their log would have ended. */
function beyondIn({ logs, membership }: Group): RecordHash[] {
  return [...logs].flatMap(([device, log]) => {
    const halvings = membership.vouched.get(device)
    return halvings === undefined ? log.map(({ hash }) => hash) : [...beyondBounds(log, halvings)]
  })
}
