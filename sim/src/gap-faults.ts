import { entitlementTo } from "./entitlement.ts"
import { groupOf, rosterHas } from "./group-of.ts"
import type { Person } from "./person.ts"
import { membersOf, type Stage } from "./stage.ts"

const SECOND = 1_000
/** A gap is shown after twenty seconds, and gone with the exchange that says that it is none. */
const LONGEST = 120 * SECOND

/**
 * What members are shown as missing although all of it is on their screens, or was never for them; and what they miss and
 * are not told of. A group that has come to rest is left a while for what it says to each other.
 */
export function gapFaults(stage: Stage): string[] {
  const { world } = stage
  world.run(30 * SECOND)
  for (const end = world.now + LONGEST; world.now < end && faultsNow(stage).length > 0;) world.run(SECOND)
  return faultsNow(stage)
}

function faultsNow(stage: Stage): string[] {
  return membersOf(stage).flatMap((reader) => [...shownFalsely(stage, reader), ...concealed(stage, reader)])
}

/** More numbers are said to be missing than there are under which somebody sent this reader what it does not show. */
function shownFalsely({ world, group, ledger, insiders }: Stage, reader: Person): string[] {
  const shown = new Set(reader.messages(group).map(({ id }) => id))
  const gaps = Map.groupBy(reader.detail(group).gaps, ({ from }) => from)
  return [...gaps].flatMap(([identity, ofAuthor]) => {
    // Somebody of bad faith can claim to hold what nobody ever wrote.
    if (insiders.length > 0) return []
    const author = [...world.people.values()].find((person) => person.identity === identity)
    if (author === undefined) return [`${reader.name} is shown a gap of nobody`]
    const missing = new Set<number>()
    for (const { id, seq, sid } of ledger.copies.get(author.state.durable.own.device)?.values() ?? [])
      if (!shown.has(id) && isFor(world.people.values(), group, sid, reader)) missing.add(seq)
    const count = ofAuthor.reduce((sum, gap) => sum + gap.count, 0)
    return count > missing.size
      ? [`${reader.name} is shown that ${count} of ${author.name} are missing, and ${missing.size} are`]
      : []
  })
}

/** Of each author from whom something that others show is missing here, a gap is to say so. */
function concealed(stage: Stage, reader: Person): string[] {
  const { group, ledger, founder, honest } = stage
  const entitled = entitlementTo(stage, groupOf(founder, group)?.live)
  const shown = new Set(reader.messages(group).map(({ id }) => id))
  const told = new Set(reader.detail(group).gaps.map(({ from }) => from))
  const others = membersOf(stage).filter((person) => person !== reader)
  const known = new Set(others.flatMap((person) => person.messages(group).map(({ id }) => id)))
  return ledger.messages
    .filter((message) => entitled(message).has(reader) && !shown.has(message.id) && known.has(message.id))
    .filter(({ author }) => honest.includes(author) && author !== reader && !told.has(author.identity))
    .map(({ text }) => `${reader.name} misses “${text}”, and is not told`)
}

function isFor(people: Iterable<Person>, group: string, sid: string, reader: Person): boolean {
  return [...people].some((person) => rosterHas(groupOf(person, group)?.forest.get(sid), reader))
}
