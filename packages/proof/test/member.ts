import { commitmentOf, FieldElement, leafOf, MerkleTree, type Witness } from "@starling/proof"

/** Five members, each with secrets of its own and a quota of three; the tests act as the one at position 2. */
export const QUOTA = 3
export const POSITION = 2

export function element(value: bigint | number): FieldElement {
  return FieldElement.of(BigInt(value))
}

export function secretsOf(position: number): { readonly secret: FieldElement; readonly trapdoor: FieldElement } {
  return { secret: element(1000 + position), trapdoor: element(2000 + position) }
}

export const leaves = Array.from({ length: 5 }, (_, position) => {
  const { secret, trapdoor } = secretsOf(position)
  return leafOf(commitmentOf(secret, trapdoor), QUOTA)
})

export const tree = MerkleTree.of(leaves)

export const honest: Witness = {
  ...secretsOf(POSITION),
  quota: QUOTA,
  k: 1,
  leafIndex: POSITION,
  siblings: tree.path(POSITION),
  scope: element(77),
  context: element(99),
}
