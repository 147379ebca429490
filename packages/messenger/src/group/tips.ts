import type { CryptoProvider } from "@starling/mls"

import type { StateId } from "../record/operation.ts"
import { chooseTip, type Choice } from "./choose-commit.ts"
import { isForked } from "../record/record-log.ts"
import { ancestry, stateOf } from "./forest-node.ts"
import type { Group } from "./group.ts"
import { findDevice } from "./rebuild-group.ts"

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
  const equivocators = new Set(forked.flatMap(([device]) => findDevice(group, device)?.identity ?? []))
  return { forest, membership, operations, testimony, equivocators, crypto }
}

/** True where the state that this device joined at is known to descend from the creation. */
export function isAttached(group: Group): boolean {
  return ancestry(group.forest, group.live).at(-1)?.sid === group.creation
}

/** True where the others are in a state that this device has no keys for: it waits to be added there. */
export function isDisplaced(group: Group): boolean {
  return group.live !== group.chosen
}

/** The same choice among the states that this device holds, from where it entered; `otherwise` where it holds none. */
function bestHeld(choice: Choice, creation: StateId, entries: readonly StateId[], otherwise: StateId): StateId {
  const held = new Map([...choice.forest].filter(([, node]) => isUsable(node.standing.kind)))
  let best = otherwise
  for (const entry of entries) {
    if (!held.has(entry)) continue
    const tip = chooseTip({ ...choice, forest: held }, entry)
    if (isBetter(choice, creation, tip, best, otherwise)) best = tip
  }
  return best
}

function isUsable(kind: string): boolean {
  return kind === "held" || kind === "dropped"
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
