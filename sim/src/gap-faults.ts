import { hasSeq } from "@starling/messenger/parts"

import { entitlementTo } from "./entitlement.ts"
import { groupOf, rosterHas } from "./group-of.ts"
import type { AcceptedMessage } from "./ledger.ts"
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

/**
 * More numbers are said to be missing than there are under which somebody sent this reader what it does not show. Of a number
 * that its author forgot when it went back to a backup or was out, and that reached nobody else who is a member, nobody can say
 * that nothing is missing.
 */
function shownFalsely(stage: Stage, reader: Person): string[] {
  const { world, group, ledger, insiders } = stage
  const members = membersOf(stage)
  const shown = new Set(reader.messages(group).map(({ id }) => id))
  const gaps = Map.groupBy(reader.detail(group).gaps, ({ from }) => from)
  return [...gaps].flatMap(([identity, ofAuthor]) => {
    // Somebody of bad faith can claim to hold what nobody ever wrote.
    if (insiders.length > 0) return []
    const author = [...world.people.values()].find((person) => person.identity === identity)
    if (author === undefined) return [`${reader.name} is shown a gap of nobody`]
    const { device } = author.state.durable.own
    const people = [...world.people.values()]
    const isForgotten = (seq: number): boolean =>
      (ledger.restores.has(author) || ledger.outAt.has(author)) &&
      !members.some((person) => person !== author && hasSeq(groupOf(person, group)?.held.get(device) ?? [], seq))
    const missing = new Set<number>()
    for (const { id, seq, sid } of ledger.copies.get(device)?.values() ?? [])
      if ((!shown.has(id) && isFor(people, group, sid, reader)) || isForgotten(seq)) missing.add(seq)
    const count = ofAuthor.reduce((sum, gap) => sum + gap.count, 0)
    return count > missing.size
      ? [`${reader.name} is shown that ${count} of ${author.name} are missing, and ${missing.size} are`]
      : []
  })
}

/**
 * Of each author from whom something that others show is missing here, a gap is to say so. Where an author that went back to a
 * backup used a number twice, and was out before it could learn of it, nobody can tell: the number is held.
 */
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
    .filter((message) => !isHiddenByAnother(stage, message, shown))
    .map(({ text }) => `${reader.name} misses “${text}”, and is not told`)
}

function isHiddenByAnother({ ledger }: Stage, { id, author }: AcceptedMessage, shown: ReadonlySet<string>): boolean {
  if (!ledger.outAt.has(author)) return false
  const copies = [...(ledger.copies.get(author.state.durable.own.device)?.values() ?? [])]
  const hidden = new Set(copies.filter((copy) => shown.has(copy.id)).map(({ seq }) => seq))
  return copies.filter((copy) => copy.id === id).every(({ seq }) => hidden.has(seq))
}

function isFor(people: readonly Person[], group: string, sid: string, reader: Person): boolean {
  return people.some((person) => rosterHas(groupOf(person, group)?.forest.get(sid), reader))
}
