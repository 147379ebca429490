import type { ForestNode } from "@starling/messenger/parts"

import { groupOf, isActive, pathTo, rosterHas } from "./group-of.ts"
import type { AcceptedMessage } from "./ledger.ts"
import type { Person } from "./person.ts"
import { membersOf, type Stage } from "./stage.ts"

/**
 * Who must show a message: members to the end who were in the state that it was sent in, or in the branch that won at the
 * time that it was sent. Of what came before they were out of the group, or while they were, they have no keys; nor can
 * anybody open an author's own words for a device that went back to a backup.
 */
export function entitlementTo(stage: Stage, tip: string | undefined): (message: AcceptedMessage) => Set<Person> {
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
    // In a group of the same name that somebody of bad faith made up, say.
    if (sentIn === undefined) return new Set()
    const then = onPath.has(message.sid)
      ? sentIn
      : winning.find(({ sid }) => (ledger.bornAt.get(sid) ?? Infinity) <= message.at)
    const isAlive = isActive(message.author, group) && (ledger.outAt.get(message.author) ?? 0) < message.at
    return new Set(
      readers.filter((person) => {
        if (person === message.author) return isAlive && (ledger.restoredAt.get(person) ?? 0) < message.at
        return isIn(person, sentIn) || (isAlive && isIn(person, then))
      }),
    )
  }
}
