import type { ForestNode } from "@starling/messenger/parts"

import { groupOf, isActive, pathTo, rosterHas } from "./group-of.ts"
import type { AcceptedMessage } from "./ledger.ts"
import type { Person } from "./person.ts"
import { membersOf, type Stage } from "./stage.ts"

/**
 * Who must show a message: members to the end who were in the state that it was sent in, or in the branch that won at the
 * time that it was sent. Of what came before they were out of the group, or while they were, they have no keys. What a device said
 * and then forgot, as it went back to a backup, it must show where anybody is there who does.
 */
export function entitlementTo(
  stage: Stage,
  tip: string | undefined,
): (message: AcceptedMessage) => ReadonlySet<Person> {
  const { group, ledger } = stage
  const readers = membersOf(stage)
  const forest = readers.map((person) => groupOf(person, group)?.forest).find((each) => each?.has(tip ?? "") === true)
  const winning = forest === undefined ? [] : pathTo(forest, tip ?? "")
  const onPath = new Set(winning.map(({ sid }) => sid))
  const isIn = (person: Person, state: ForestNode | undefined): boolean => {
    if (forest === undefined || state === undefined || !rosterHas(state, person)) return false
    if (!ledger.outAt.has(person)) return true
    const entry = winning.find(({ added }) => added.includes(person.identity))
    return pathTo(forest, state.sid).some(({ sid }) => sid === entry?.sid)
  }
  return (message) => {
    const sentIn = forest?.get(message.sid)
    const isAlive = isActive(message.author, group) && (ledger.outAt.get(message.author) ?? 0) < message.at
    // `saidNowhere` says whether that is in order.
    if (sentIn === undefined) return new Set()
    const then = onPath.has(message.sid)
      ? sentIn
      : winning.find(({ sid }) => (ledger.bornAt.get(sid) ?? Infinity) <= message.at)
    return new Set(
      readers.filter((person) => {
        if (person === message.author)
          return isAlive && (!ledger.hasForgotten(person, message.at) || isKnownToOthers(stage, message))
        return isIn(person, sentIn) || (isAlive && isIn(person, then))
      }),
    )
  }
}

/**
 * An author of good faith who is there, and said something in a state that nobody else knows: its own COMMITs, and those that it
 * followed, are everybody's in the end. Excused are a device that went back to a backup and has forgotten the state with everybody,
 * and who was drawn by a forged invitation into a group of its inviter's own.
 */
export function saidNowhere(stage: Stage, message: AcceptedMessage): boolean {
  const { group, ledger, honest, insiders } = stage
  const { author, sid, at } = message
  const own = groupOf(author, group)
  if (!honest.includes(author) || !membersOf(stage).includes(author)) return false
  if ((ledger.outAt.get(author) ?? 0) >= at || ledger.hasForgotten(author, at)) return false
  const isElsewhere = insiders.length > 0 && pathTo(own?.forest ?? new Map(), sid).at(-1)?.sid !== own?.creation
  const others = membersOf(stage).filter((person) => person !== author)
  return !isElsewhere && others.length > 0 && !others.some((person) => groupOf(person, group)?.forest.has(sid) === true)
}

/** Whether another member of good faith who is there shows it. */
export function isKnownToOthers(stage: Stage, { author, id }: Pick<AcceptedMessage, "author" | "id">): boolean {
  const { group } = stage
  return membersOf(stage).some((person) => person !== author && groupOf(person, group)?.shown.has(id) === true)
}
