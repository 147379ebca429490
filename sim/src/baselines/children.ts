import type { Choice, ForestNode } from "@starling/messenger/parts"

/** What stands on each state and can be entered here, in the order in which it came: baselines know of nothing else. */
export function enteredChildren({ forest }: Choice): ReadonlyMap<string, readonly ForestNode[]> {
  const entered = [...forest.values()].filter(({ standing }) => ENTERED.has(standing.kind))
  return Map.groupBy(entered, ({ parent }) => parent ?? "")
}

/** From `start` on always the best child. */
export function descend(
  choice: Choice,
  start: string,
  best: (children: readonly ForestNode[]) => ForestNode | undefined,
): string {
  const children = enteredChildren(choice)
  for (let tip = start; ;) {
    const next = best(children.get(tip) ?? [])
    if (next === undefined) return tip
    tip = next.sid
  }
}

/** Of several the first by a key. */
export function leastBy(
  nodes: readonly ForestNode[],
  key: (node: ForestNode) => string | number,
): ForestNode | undefined {
  return nodes.reduce<ForestNode | undefined>(
    (best, node) => (best === undefined || key(node) < key(best) ? node : best),
    undefined,
  )
}

const ENTERED: ReadonlySet<string> = new Set(["held", "dropped", "excludes"])
