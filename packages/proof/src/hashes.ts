import { poseidon3 } from "poseidon-lite/poseidon3"
import { poseidon4 } from "poseidon-lite/poseidon4"
import { DOMAIN_TAGS } from "./domain-tags.ts"
import { FieldElement } from "./field-element.ts"

/** Quotas stay below 2^16, as the circuit's range checks have it. */
export const MAX_QUOTA = 0xffff

/** What a user registers; hides both secrets. */
export function commitmentOf(secret: FieldElement, trapdoor: FieldElement): FieldElement {
  return FieldElement.of(poseidon3([DOMAIN_TAGS.commitment, secret, trapdoor]))
}

/** What stands in the tree for a user who may make `quota` requests per scope. The Authentication Server alone computes it. */
export function leafOf(commitment: FieldElement, quota: number): FieldElement {
  if (!isQuota(quota)) throw new RangeError(`a quota is an integer from 1 to ${MAX_QUOTA}, got ${quota}`)
  return FieldElement.of(poseidon3([DOMAIN_TAGS.leaf, commitment, BigInt(quota)]))
}

/** The k-th nullifier of a user within a scope: spent once, and unlinkable to the commitment without the secret. */
export function nullifierOf(secret: FieldElement, scope: FieldElement, k: number): FieldElement {
  if (!Number.isInteger(k) || k < 0 || k >= MAX_QUOTA) throw new RangeError(`k is below a quota, got ${k}`)
  return FieldElement.of(poseidon4([DOMAIN_TAGS.nullifier, secret, scope, BigInt(k)]))
}

export function nodeOf(left: FieldElement, right: FieldElement): FieldElement {
  return FieldElement.of(poseidon3([DOMAIN_TAGS.node, left, right]))
}

export function isQuota(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= MAX_QUOTA
}
