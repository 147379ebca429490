import type { ForestNode } from "@starling/messenger/parts"

import { groupOf } from "./group-of.ts"
import type { Person } from "./person.ts"

/**
 * As if the Welcome by which somebody has just come in had spoken of a state that nobody else is in, under the id of the true one.
 * False where its COMMIT is there already.
 */
export function mislead(person: Person, group: string, change: (node: ForestNode) => ForestNode): boolean {
  const { durable } = person.state
  const known = groupOf(person, group)
  const node = known?.forest.get(known.live)
  if (known === undefined || node === undefined || node.parent !== undefined || node.sid === known.creation)
    return false
  const forest = new Map(known.forest).set(node.sid, change(node))
  const groups = new Map(durable.groups).set(group, { ...known, forest })
  person.state = { ...person.state, durable: { ...durable, groups } }
  return true
}
