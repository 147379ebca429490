import type { CryptoProvider } from "@starling/mls"

import type { StateId } from "../record/operation.ts"
import { bearerOf } from "./bearers.ts"
import { chooseTip, type Choice } from "./choose-commit.ts"
import { isForked } from "../record/record-log.ts"
import { ancestry, stateOf, type Forest, type ForestNode } from "./forest-node.ts"
import type { Group } from "./group.ts"

/** The group with `chosen` and `live` as its records and states have them. */
export function withTips(crypto: CryptoProvider, group: Group): Group {
  const { forest, creation } = group
  const choice = choiceOf(crypto, group)
  const chosen = chooseTip(choice, creation)
  const live = stateOf(forest.get(chosen)) === undefined ? bestHeld(choice, creation, group.entries, chosen) : chosen
  return chosen === group.chosen && live === group.live ? group : { ...group, chosen, live }
}

/** What a group's records, and what came of them here, give to choose by. */
export function choiceOf(crypto: CryptoProvider, group: Group): Choice {
  const { forest, membership, operations, testimony } = group
  const forked = [...group.logs].filter(([, log]) => isForked(log))
  const equivocators = new Set(forked.flatMap(([device]) => bearerOf(group, device) ?? []))
  return { forest, membership, operations, testimony, equivocators, crypto }
}

/** True where the state that this device joined at is known to descend from the creation. */
export function isAttached(group: Group): boolean {
  return ancestry(group.forest, group.live).at(-1)?.sid === group.creation
}

/** True where the others are in a state that this device has no keys for: it waits to be added there. */
export function isDisplaced(group: Group): boolean {
  return group.live !== group.chosen || stateOf(group.forest.get(group.chosen)) === undefined
}

/** The same choice among the states that this device holds, from where it entered; `otherwise` where it holds none. */
function bestHeld(choice: Choice, creation: StateId, entries: readonly StateId[], otherwise: StateId): StateId {
  const held = leadingToKeys(choice.forest)
  let best = otherwise
  for (const entry of entries) {
    if (!held.has(entry)) continue
    const tip = chooseTip({ ...choice, forest: held }, entry)
    if (isBetter(choice, creation, tip, best, otherwise)) best = tip
  }
  return best
}

/** The states whose keys are here, and those on the way to them. */
function leadingToKeys(forest: Forest): Forest {
  const leading = new Map<StateId, ForestNode>()
  for (let node of forest.values()) {
    if (stateOf(node) === undefined) continue
    for (; !leading.has(node.sid); node = forest.get(node.parent ?? "") ?? node) leading.set(node.sid, node)
  }
  return leading
}

/** A state that the records lead to beats any that only a Welcome speaks for, whatever epoch that one gives itself. */
function isBetter({ forest }: Choice, creation: StateId, tip: StateId, best: StateId, otherwise: StateId): boolean {
  const node = forest.get(tip)
  if (stateOf(node) === undefined) return false
  if (best === otherwise) return true
  const [attached, bestAttached] = [tip, best].map((sid) => ancestry(forest, sid).at(-1)?.sid === creation)
  if (attached !== bestAttached) return attached === true
  const difference = (node?.epoch ?? 0) - (forest.get(best)?.epoch ?? 0)
  return difference > 0 || (difference === 0 && tip < best)
}
