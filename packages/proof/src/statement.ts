import type { FieldElement } from "./field-element.ts"
import { commitmentOf, isQuota, leafOf, nullifierOf } from "./hashes.ts"
import { isLeafIndex, rootOf, TREE_DEPTH } from "./merkle-tree.ts"

/**
 * The public half of a key request. A valid proof says that its maker knows a member of the tree under `root` whose
 * unspent or spent right number k, for some hidden k below the member's hidden quota, has this nullifier in `scope`.
 *
 * Whoever checks a proof decides which root, scope and context it must be for, and keeps the nullifiers: a prover
 * can make a valid proof for a tree of its own.
 */
export interface Statement {
  readonly root: FieldElement
  readonly nullifier: FieldElement
  readonly scope: FieldElement
  readonly context: FieldElement
}

/** The private half, and the public inputs that the prover chooses. */
export interface Witness {
  readonly secret: FieldElement
  readonly trapdoor: FieldElement
  readonly quota: number
  readonly k: number
  readonly leafIndex: number
  /** From the bottom up, `TREE_DEPTH` of them. */
  readonly siblings: readonly FieldElement[]
  readonly scope: FieldElement
  readonly context: FieldElement
}

export type Impossibility =
  | "quota-out-of-range"
  | "k-not-below-quota"
  | "leaf-index-out-of-range"
  | "wrong-path-length"
  | "path-misses-root"

/** The statement is false, so that no proof of it exists. */
export class ProofImpossible extends Error {
  override readonly name = "ProofImpossible"
  readonly reason: Impossibility

  constructor(reason: Impossibility) {
    super(`no such proof exists: ${reason}`)
    this.reason = reason
  }
}

/** What a proof from this witness states. Throws `ProofImpossible` where the witness breaks a rule of the circuit. */
export function statementOf(witness: Witness): Statement {
  const { secret, trapdoor, quota, k, leafIndex, siblings, scope, context } = witness
  if (!isQuota(quota)) throw new ProofImpossible("quota-out-of-range")
  if (!Number.isInteger(k) || k < 0 || k >= quota) throw new ProofImpossible("k-not-below-quota")
  if (!isLeafIndex(leafIndex)) throw new ProofImpossible("leaf-index-out-of-range")
  if (siblings.length !== TREE_DEPTH) throw new ProofImpossible("wrong-path-length")
  const leaf = leafOf(commitmentOf(secret, trapdoor), quota)
  return { root: rootOf(leaf, leafIndex, siblings), nullifier: nullifierOf(secret, scope, k), scope, context }
}
