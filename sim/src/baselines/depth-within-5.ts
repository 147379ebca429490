import type { Choice, ForestNode } from "@starling/messenger/parts"

import { enteredChildren } from "./children.ts"

const HORIZON = 5

/**
 * The longest branch stands, then that of the least tip; but nothing that parts from the branch of this device more than
 * five commits below its tip is looked at.
 */
export function chooseTip(choice: Choice, start: string): string {
  const children = enteredChildren(choice)
  // The branch that this device is on is what came first, wherever it has not left it since.
  let current = firstTip(children, start)
  for (const candidate of tipsFrom(children, start)) {
    const fork = commonDepth(choice.forest, candidate, current)
    const isNear = depthOf(choice.forest, current) - fork <= HORIZON
    if (isNear && isBetter(choice.forest, candidate, current)) current = candidate
  }
  return current
}

type Children = ReturnType<typeof enteredChildren>
type Forest = Choice["forest"]

function firstTip(children: Children, start: string): string {
  let tip = start
  for (let next = children.get(tip)?.[0]; next !== undefined; next = children.get(tip)?.[0]) tip = next.sid
  return tip
}

/** In the order in which they came. */
function tipsFrom(children: Children, start: string): string[] {
  const below = children.get(start) ?? []
  return below.length === 0 ? [start] : below.flatMap(({ sid }) => tipsFrom(children, sid))
}

function isBetter(forest: Forest, one: string, other: string): boolean {
  const difference = depthOf(forest, one) - depthOf(forest, other)
  return difference > 0 || (difference === 0 && one < other)
}

function depthOf(forest: Forest, sid: string): number {
  return forest.get(sid)?.epoch ?? 0
}

function commonDepth(forest: Forest, one: string, other: string): number {
  const path = new Set<string>()
  for (let node: ForestNode | undefined = forest.get(one); node !== undefined; node = forest.get(node.parent ?? ""))
    path.add(node.sid)
  let node = forest.get(other)
  while (node !== undefined && !path.has(node.sid)) node = forest.get(node.parent ?? "")
  return node?.epoch ?? 0
}
