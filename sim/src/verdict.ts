/** What a run came to; each entry of a list is a sentence about one fault. */
export interface Verdict {
  readonly splits: readonly string[]
  readonly lostMessages: readonly string[]
  readonly duplicatedMessages: readonly string[]
  readonly removalsNotInForce: readonly string[]
  readonly stuckMembers: readonly string[]
  /** Secrets that are held after the retention. */
  readonly oldSecrets: readonly string[]
  /** Commits that came to stand because their author tried until the id was right. */
  readonly groundCommits: readonly string[]
  /** What members are told to miss and do not, and what they miss and are not told of; insiders can bring about both. */
  readonly gaps: readonly string[]
  /** Messages that no living holder could supply: no fault, and shown as a gap. */
  readonly unrecoverable: readonly string[]
  /** From the end of the last fault until all was one; `undefined` where it never was. */
  readonly convergeMs: number | undefined
  readonly maxReorg: number
}

export const FAULTS = [
  "splits",
  "lostMessages",
  "duplicatedMessages",
  "removalsNotInForce",
  "stuckMembers",
  "oldSecrets",
  "groundCommits",
  "gaps",
] as const

export function faultsOf(verdict: Verdict): string[] {
  return FAULTS.flatMap((kind) => verdict[kind].map((fault) => `${kind}: ${fault}`))
}
