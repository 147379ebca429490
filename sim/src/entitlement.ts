import { groupOf, isActive, pathTo, rosterHas } from "./group-of.ts"
import type { AcceptedMessage } from "./ledger.ts"
import type { Person } from "./person.ts"
import { membersOf, type Stage } from "./stage.ts"

/**
 * Who must show a message: members to the end who were in the state that it was sent in, or in the branch that won at the
 * time that it was sent. Nobody who was out of the group in between, as that deletes keys; nor an author whose device went
 * back to a backup, as nobody else can open it for them.
 */
export function entitlementTo(stage: Stage, tip: string | undefined): (message: AcceptedMessage) => Set<Person> {
  const { group, ledger } = stage
  const readers = membersOf(stage)
  const forest = readers.map((person) => groupOf(person, group)?.forest).find((each) => each?.has(tip ?? "") === true)
  const winning = forest === undefined ? [] : pathTo(forest, tip ?? "")
  const onPath = new Set(winning.map(({ sid }) => sid))
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
        if ((ledger.outAt.get(person) ?? 0) >= message.at) return false
        if (person === message.author) return (ledger.restoredAt.get(person) ?? 0) < message.at
        return rosterHas(sentIn, person) || (isAlive && rosterHas(then, person))
      }),
    )
  }
}
