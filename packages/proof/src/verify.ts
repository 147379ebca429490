import { integerOf } from "./field-element.ts"
import { allHold, readClaim, type Claim } from "./pairing-equation.ts"
import type { Statement } from "./statement.ts"

export type Verdict = { readonly kind: "valid" } | { readonly kind: "invalid"; readonly why: string }

export interface ProvedStatement {
  readonly statement: Statement
  readonly proof: Uint8Array
}

const WEIGHT_BYTES = 16

/**
 * Groth16 over bn254. Never throws, whatever the bytes.
 *
 * A statement has many valid proofs, and from one anybody makes another: what was used before is known by its
 * nullifier, never by the bytes of a proof.
 */
export function verifyProof(statement: Statement, proof: Uint8Array): Verdict {
  const claim = readClaim(statement, proof, 1n)
  if (claim.kind === "malformed") return { kind: "invalid", why: claim.why }
  return verdictOf(allHold([claim.value]))
}

/**
 * The same verdicts, one for each, at half the cost where all are valid: one equation for all of them, multiplied
 * by random weights; where it doesn't hold, halves of it say which are the bad ones. `draw` gives random bytes that nobody
 * who makes proofs knows: with weights that are known, two false claims can be made to cancel each other out.
 */
export function verifyProofs(
  claimed: readonly ProvedStatement[],
  draw: (length: number) => Uint8Array,
): readonly Verdict[] {
  const claims = claimed.map(({ statement, proof }) => readClaim(statement, proof, weightOf(draw(WEIGHT_BYTES))))
  const sound = claims.flatMap((claim) => (claim.kind === "ok" ? [claim.value] : []))
  const valid = validAmong(sound)
  return claims.map((claim) =>
    claim.kind === "ok" ? verdictOf(valid.has(claim.value)) : { kind: "invalid", why: claim.why },
  )
}

function validAmong(claims: readonly Claim[]): ReadonlySet<Claim> {
  const valid = new Set<Claim>()
  const accept = (group: readonly Claim[]): void => group.forEach((claim) => void valid.add(claim))
  const judge = (group: readonly Claim[]): void => {
    if (group.length === 0) return
    if (allHold(group)) accept(group)
    else halve(group)
  }
  /** For a group in which something is false: where its first half is sound, that is in the second. */
  const halve = (group: readonly Claim[]): void => {
    if (group.length === 1) return
    const [left, right] = [group.slice(0, group.length >> 1), group.slice(group.length >> 1)]
    if (allHold(left)) {
      accept(left)
      halve(right)
    } else {
      halve(left)
      judge(right)
    }
  }
  judge(claims)
  return valid
}

/** From 1 to 2^128 - 1, with 127 random bits: a weight of zero would leave its claim out. */
function weightOf(bytes: Uint8Array): bigint {
  return integerOf(bytes) | 1n
}

function verdictOf(holds: boolean): Verdict {
  return holds ? { kind: "valid" } : { kind: "invalid", why: "the pairing equation doesn't hold" }
}
