import { Disagreement } from "./disagreement.ts"
import { FuzzGroup } from "./fuzz-group.ts"
import { operate, settle } from "./operations.ts"

/** Operations between two points at which everybody has caught up. */
const SETTLED = 250

export interface FuzzOptions {
  readonly seed: string
  readonly operations: number
  /** At any time. */
  readonly members: number
}

export interface FuzzResult {
  readonly operations: number
  readonly epochs: number
  readonly joins: number
  readonly externalJoins: number
  readonly proposals: number
  readonly removals: number
  readonly messages: number
  readonly encryptions: number
  /** Each a try by a removed member to read a message, follow a commit, decrypt a path secret or open a Welcome. */
  readonly attempts: number
  readonly disagreements: number
  /** The first disagreement. */
  readonly fault: string | undefined
  readonly seed: string
}

/** Runs to the end or to the first disagreement. `settled` may save the group. */
export function fuzz(
  options: FuzzOptions,
  group = founded(options.seed),
  settled?: (group: FuzzGroup) => void,
): FuzzResult {
  let fault: string | undefined
  try {
    while (group.operation < options.operations) {
      operate(group, options.members)
      if (group.operation % SETTLED !== 0) continue
      settle(group)
      settled?.(group)
    }
    settle(group)
  } catch (error) {
    if (!(error instanceof Disagreement)) throw error
    fault = error.message
  }
  return {
    operations: group.operation,
    ...group.counts,
    encryptions: group.recorded.seals,
    attempts: group.removed.attempts,
    disagreements: fault === undefined ? 0 : 1,
    fault,
    seed: options.seed,
  }
}

function founded(seed: string): FuzzGroup {
  const group = new FuzzGroup(seed)
  group.found()
  return group
}
