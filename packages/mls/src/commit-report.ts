import type { AppliedProposals } from "./apply-proposals.ts"
import { memberOf, type Member } from "./group-state.ts"
import type { LeafNode } from "./leaf-node.ts"
import type { ProposalList } from "./proposal-list.ts"
import { leafAt, type RatchetTree } from "./ratchet-tree.ts"

/** What a commit does to a group: the same for who makes it and for who processes it. */
export interface CommitReport {
  /** As it was before the commit; one that joins by it, as it is afterwards. */
  readonly committer: Member
  /** RFC 9420, 12.4.3.2: whether the committer joins by this commit; then it stands in `added` too. */
  readonly isExternal: boolean
  readonly added: readonly Member[]
  /** As they were. */
  readonly removed: readonly Member[]
  /** Those whose leaf is another than before, the committer among them if it renewed its keys, as they are now. */
  readonly updated: readonly Member[]
  /** Whether the committer renewed its keys. */
  readonly hasPath: boolean
}

/** `committer` is a leaf index of `after`, and of `before` unless the committer joins. */
export function reportCommit(
  before: RatchetTree,
  after: RatchetTree,
  list: ProposalList,
  applied: AppliedProposals,
  committer: number,
  hasPath: boolean,
): CommitReport {
  const isExternal = list.externalInit !== undefined
  const renewed = hasPath && !isExternal ? [committer] : []
  return {
    committer: memberAt(isExternal ? after : before, committer),
    isExternal,
    added: [...applied.added.keys(), ...(isExternal ? [committer] : [])].map((at) => memberAt(after, at)),
    removed: Array.from(list.removes, (leafIndex) => memberAt(before, leafIndex)),
    updated: [...list.updates.keys(), ...renewed].map((at) => memberAt(after, at)),
    hasPath,
  }
}

export function leafOf(tree: RatchetTree, leafIndex: number): LeafNode {
  const leaf = leafAt(tree, leafIndex)
  if (leaf === undefined) throw new RangeError(`leaf ${leafIndex} is blank`)
  return leaf
}

function memberAt(tree: RatchetTree, leafIndex: number): Member {
  return memberOf(leafIndex, leafOf(tree, leafIndex))
}
