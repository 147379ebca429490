import { leaves, type RatchetTree, type Subtree } from "@starling/mls/rfc9420"

/**
 * Whether ts-mls 1.6.4 refuses a Welcome for its tree, though nothing in RFC 9420, 12.4.3.1 allows it to: it asks that all
 * parents above an unmerged leaf list the very same leaves, where the RFC asks that each parent between the leaf and one
 * that lists it does so too.
 */
export function tsMlsRefusesWelcome({ root }: RatchetTree): boolean {
  return Array.from(leaves(root)).some(({ leafIndex }) => {
    const lists = unmergedListsAbove(root, leafIndex)
    return lists.some((list) => list.includes(leafIndex)) && new Set(lists.map(String)).size > 1
  })
}

function unmergedListsAbove(root: Subtree, leafIndex: number): readonly (readonly number[])[] {
  const lists: (readonly number[])[] = []
  for (let at = root; at.kind === "branch"; at = 2 * leafIndex < at.index ? at.left : at.right) {
    if (at.node !== undefined) lists.push(at.node.unmergedLeaves)
  }
  return lists
}
