import { equalBytes, type Milliseconds } from "@starling/kernel"
import { MerkleTree } from "@starling/proof"
import { circuitBytes, digest } from "../binding.ts"
import { decodeLeafList } from "../frames/leaf-list.ts"
import type { Refusal } from "../frames/refusals.ts"
import type { EpochStatement } from "../frames/sealed-epoch.ts"

/** Two honest clocks of one operator differ by less. */
export const CLOCK_TOLERANCE = 5 * 60_000
const LONGEST_EPOCH = 31 * 24 * 3_600_000

/** What the PVS knows when it judges an epoch. */
export interface Signed {
  /** The last that it signed. */
  readonly newest: EpochStatement | undefined
  /** It may have signed others that open before this time. */
  readonly completeFrom: Milliseconds
}

/** Why the PVS should not counter-sign, or `undefined`. */
export function judgeEpoch(
  statement: EpochStatement,
  leafList: Uint8Array,
  { newest, completeFrom }: Signed,
  now: Milliseconds,
): Refusal | undefined {
  if (statement.opensAt < completeFrom) return "not-next"
  const isNewestForgotten = newest !== undefined && newest.opensAt < completeFrom
  if (isNewestForgotten ? !isLater(statement, newest) : !follows(statement, newest)) return "not-next"
  if (statement.opensAt > now + CLOCK_TOLERANCE || statement.closesAt <= now) return "wrong-time"
  if (statement.closesAt - statement.opensAt > LONGEST_EPOCH) return "wrong-time"
  if (!equalBytes(statement.circuit, circuitBytes())) return "other-circuit"
  const leaves = decodeLeafList(leafList)
  if (leaves.kind === "malformed" || !equalBytes(digest(leafList), statement.leaves)) return "wrong-root"
  if (leaves.value.length === 0) return "empty-set"
  const tree = MerkleTree.of(leaves.value)
  // No tree has the root zero; a statement with it would admit everybody.
  if (tree.size !== statement.size || tree.root !== statement.root || statement.root === 0n) return "wrong-root"
  return undefined
}

/** Where epochs may have been signed in between that are not known any more. */
function isLater(statement: EpochStatement, newest: EpochStatement): boolean {
  return statement.epoch > newest.epoch && statement.revision === 0 && statement.opensAt >= newest.closesAt
}

function follows(statement: EpochStatement, newest: EpochStatement | undefined): boolean {
  if (newest === undefined) return statement.epoch >= 1
  if (statement.epoch === newest.epoch) {
    const sameTimes = statement.opensAt === newest.opensAt && statement.closesAt === newest.closesAt
    return statement.revision === newest.revision + 1 && sameTimes
  }
  return statement.epoch === newest.epoch + 1 && statement.revision === 0 && statement.opensAt >= newest.closesAt
}
