import type { Forest, ForestNode, Group } from "@starling/messenger/parts"

import type { Person } from "./person.ts"

/** Where members keep ciphertexts for each other, by the device and number of their author. */
export const BUCKET_OF_CIPHERTEXTS = "messages"

export function groupOf(person: Person, group: string): Group | undefined {
  return person.state.durable.groups.get(group)
}

export function isActive(person: Person, group: string): boolean {
  return groupOf(person, group)?.phase === "active"
}

export function rosterHas(node: ForestNode | undefined, person: Person): boolean {
  return node?.roster.some((device) => device?.device === person.state.durable.own.device) ?? false
}

/** Somebody who left or was removed, by what this device knows. */
export function isOut({ membership }: Group, identity: string): boolean {
  if (membership.desired.has(identity)) return false
  return [...membership.removals, ...membership.leaves].some(({ author, change }) =>
    change.kind === "remove" ? change.identity === identity : change.kind === "leave" && author === identity,
  )
}

/** From a state up to the first that is known of its past. */
export function pathTo(forest: Forest, sid: string): ForestNode[] {
  const path: ForestNode[] = []
  for (let node = forest.get(sid); node !== undefined; node = forest.get(node.parent ?? "")) path.push(node)
  return path
}
