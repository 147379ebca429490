import type { Forest, ForestNode, Group } from "@starling/messenger/parts"

import { isOut, pathTo } from "./group-of.ts"

/** How many states a device gave up when it went from one to the other. */
export function reorgDepth(forest: Forest, from: string, to: string): number {
  const kept = new Set(pathTo(forest, to).map(({ sid }) => sid))
  const depth = pathTo(forest, from).findIndex(({ sid }) => kept.has(sid))
  // Without a common past one of them was joined, and what lies between is not known yet.
  return depth < 0 ? 0 : depth
}

/**
 * A commit that this step has put into the device's past although its author was known before to be removed by somebody
 * who had not seen it, and nobody else had built on it.
 */
export function adoptedOfRemoved(was: Group, is: Group, self: string): ForestNode | undefined {
  const before = new Set(pathTo(was.forest, was.live).map(({ sid }) => sid))
  return pathTo(is.forest, is.live).find(
    (node) =>
      !before.has(node.sid) &&
      isOut(was, node.author) &&
      isOut(is, node.author) &&
      isAgainst(was, is.forest, node) &&
      !isBuiltOn(was, is, node, self),
  )
}

function isAgainst(was: Group, forest: Forest, { author, sid }: ForestNode): boolean {
  const against = was.membership.removals.filter(({ change }) => change.kind === "remove" && change.identity === author)
  return (
    against.length > 0 &&
    against.every(
      ({ change }) => change.kind === "remove" && !pathTo(forest, change.after).some((node) => node.sid === sid),
    )
  )
}

function isBuiltOn(was: Group, is: Group, { sid, author }: ForestNode, self: string): boolean {
  return [...is.forest.values()].some((node) => {
    if (node.author === author || isOut(was, node.author)) return false
    if (node.author === self && !was.forest.has(node.sid)) return false
    return pathTo(is.forest, node.sid).some((each) => each.sid === sid)
  })
}
