import { bn254 } from "@noble/curves/bn254.js"
import { malformed, ok, type Decoded } from "@starling/kernel"
import { FIELD_ORDER, isFieldElement } from "./field-element.ts"
import { decodeProof, readG1, readG2, type G1Point } from "./proof-encoding.ts"
import type { Statement } from "./statement.ts"
import { VERIFYING_KEY } from "./verifying-key.ts"

const { Fp12 } = bn254.fields
const ZERO = bn254.G1.Point.ZERO
/** Of the tables for the key's points: 1,400 points each, which make their multiples four times as fast. */
const WINDOW = 6

type Lines = ReturnType<typeof bn254.utils.calcPairingPrecomputes>
type MillerInput = [Lines, bigint, bigint]

/** A statement and its proof, decoded and multiplied by a weight: one summand of the equation. */
export interface Claim {
  readonly weight: bigint
  /** weight · A, B, weight · C. */
  readonly a: G1Point
  readonly b: Lines
  readonly c: G1Point
  /** Root, nullifier, scope and context. */
  readonly inputs: readonly bigint[]
}

interface PreparedKey {
  readonly alpha: G1Point
  readonly beta: Lines
  readonly gamma: Lines
  readonly delta: Lines
  /** For the constant one, then for each public input. */
  readonly points: readonly G1Point[]
}

let prepared: PreparedKey | undefined

/** Every coordinate and input in its one encoding, every point in its subgroup; `weight` is from 1 to 2^128 - 1. */
export function readClaim(statement: Statement, proof: Uint8Array, weight: bigint): Decoded<Claim> {
  const inputs = [statement.root, statement.nullifier, statement.scope, statement.context]
  if (!inputs.every(isFieldElement)) return malformed("a public input is not below r")
  const points = decodeProof(proof)
  if (points.kind === "malformed") return points
  const { a, b, c } = points.value
  const lines = bn254.utils.calcPairingPrecomputes(b)
  return ok({ weight, a: a.multiplyUnsafe(weight), b: lines, c: c.multiplyUnsafe(weight), inputs })
}

/**
 * Whether all of the claims hold: e(A, B) = e(alpha, beta) · e(L, gamma) · e(C, delta) for each, with L the public inputs
 * applied to the key's points, raised to the claim's weight and multiplied. Where a claim is false, the product is one for at
 * most one in 2^127 choices of its weight; so whoever makes proofs must not know the weights.
 */
export function allHold(claims: readonly Claim[]): boolean {
  const key = (prepared ??= prepare())
  const weights = claims.reduce((sum, { weight }) => sum + weight, 0n) % FIELD_ORDER
  const scalars = [weights, ...Array.from({ length: key.points.length - 1 }, (_, i) => weightedInput(claims, i))]
  const inputs = key.points.reduce((sum, point, i) => sum.add(point.multiplyUnsafe(scalars[i] ?? 0n)), ZERO)
  const c = claims.reduce((sum, claim) => sum.add(claim.c), ZERO)
  const factors = [
    ...claims.map((claim) => millerInput(claim.b, claim.a)),
    millerInput(key.beta, key.alpha.multiplyUnsafe(weights).negate()),
    millerInput(key.gamma, inputs.negate()),
    millerInput(key.delta, c.negate()),
  ]
  // A pairing with the point at infinity is one; what of the key cancels out this way is no honest prover's doing.
  const product = bn254.millerLoopBatch(factors.filter((factor) => factor !== undefined))
  return Fp12.eql(Fp12.finalExponentiate(product), Fp12.ONE)
}

function weightedInput(claims: readonly Claim[], index: number): bigint {
  return claims.reduce((sum, { weight, inputs }) => sum + weight * (inputs[index] ?? 0n), 0n) % FIELD_ORDER
}

function millerInput(lines: Lines, point: G1Point): MillerInput | undefined {
  if (point.is0()) return undefined
  const { x, y } = point.toAffine()
  return [lines, x, y]
}

function prepare(): PreparedKey {
  const { alpha, beta, gamma, delta, publicInputs } = VERIFYING_KEY
  const lines = (point: Parameters<typeof readG2>[0]): Lines => bn254.utils.calcPairingPrecomputes(sound(readG2(point)))
  const points = publicInputs.map((point) => sound(readG1(point)).precompute(WINDOW, false))
  if (points.length !== 5) throw new Error("the verifying key is for other public inputs")
  return {
    alpha: sound(readG1(alpha)).precompute(WINDOW, false),
    beta: lines(beta),
    gamma: lines(gamma),
    delta: lines(delta),
    points,
  }
}

function sound<T>(point: Decoded<T>): T {
  if (point.kind === "malformed") throw new Error(`the verifying key has ${point.why}`)
  return point.value
}
