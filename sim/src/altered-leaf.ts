import type { CryptoProvider, GroupState } from "@starling/mls"
import { isLeafNode, signLeafNode, slotsInOrder, treeOf, type LeafNodeContent } from "@starling/mls/rfc9420"

/** The state with something else in some leaves and without parents: a tree that nobody who judged it would have let in. */
export function alteredLeaves(
  crypto: CryptoProvider,
  state: GroupState,
  change: (leafIndex: number) => Partial<LeafNodeContent> | undefined,
): GroupState {
  const nodes = Array.from(slotsInOrder(state.tree.root), ({ index, node }) => {
    if (node === undefined || !isLeafNode(node)) return undefined
    const changed = change(index / 2)
    if (changed === undefined) return node
    const position = { groupId: state.groupId, leafIndex: index / 2 }
    return signLeafNode(crypto, state.signatureKeys.privateKey, { ...node, ...changed }, position)
  })
  return { ...state, tree: treeOf(nodes) }
}
