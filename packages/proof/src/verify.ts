import { bn254 } from "@noble/curves/bn254.js"
import { isFieldElement } from "./field-element.ts"
import { decodeProof, readG1, readG2, type G1Point } from "./proof-encoding.ts"
import type { Statement } from "./statement.ts"
import { VERIFYING_KEY } from "./verifying-key.ts"

export type Verdict = { readonly kind: "valid" } | { readonly kind: "invalid"; readonly why: string }

const { Fp12 } = bn254.fields
type Gt = ReturnType<typeof Fp12.create>
type Lines = ReturnType<typeof bn254.utils.calcPairingPrecomputes>

interface PreparedKey {
  /** e(alpha, beta). */
  readonly target: Gt
  readonly gamma: Lines
  readonly delta: Lines
  readonly constant: G1Point
  readonly inputs: readonly G1Point[]
}

let prepared: PreparedKey | undefined

/**
 * Groth16: e(A, B) = e(alpha, beta) · e(L, gamma) · e(C, delta), with L the public inputs applied to the key's points.
 * Never throws, whatever the bytes.
 *
 * A statement has many valid proofs, and from one anybody makes another: what was used before is known by its
 * nullifier, never by the bytes of a proof.
 */
export function verifyProof(statement: Statement, proof: Uint8Array): Verdict {
  const inputs = [statement.root, statement.nullifier, statement.scope, statement.context]
  if (!inputs.every(isFieldElement)) return invalid("a public input is not below r")
  const points = decodeProof(proof)
  if (points.kind === "malformed") return invalid(points.why)
  const { a, b, c } = points.value

  prepared ??= prepare()
  const combined = combine(prepared, inputs)
  if (combined.is0()) return invalid("public inputs cancel out")
  const product = bn254.millerLoopBatch([
    [bn254.utils.calcPairingPrecomputes(b), a.x, a.y],
    millerInput(prepared.gamma, combined.negate()),
    millerInput(prepared.delta, c.negate()),
  ])
  const holds = Fp12.eql(Fp12.finalExponentiate(product), prepared.target)
  return holds ? { kind: "valid" } : invalid("the pairing equation doesn't hold")
}

function combine(key: PreparedKey, inputs: readonly bigint[]): G1Point {
  return key.inputs.reduce((sum, point, i) => sum.add(point.multiplyUnsafe(inputs[i] ?? 0n)), key.constant)
}

function millerInput(lines: Lines, point: G1Point): [Lines, bigint, bigint] {
  const { x, y } = point.toAffine()
  return [lines, x, y]
}

function prepare(): PreparedKey {
  const { alpha, beta, gamma, delta, publicInputs } = VERIFYING_KEY
  const [constant, ...inputs] = publicInputs.map((point) => sound(readG1(point)))
  if (constant === undefined || inputs.length !== 4) throw new Error("the verifying key is for other public inputs")
  return {
    target: bn254.pairing(sound(readG1(alpha)), sound(readG2(beta))),
    gamma: bn254.utils.calcPairingPrecomputes(sound(readG2(gamma))),
    delta: bn254.utils.calcPairingPrecomputes(sound(readG2(delta))),
    constant,
    inputs,
  }
}

function sound<T>(
  point: { readonly kind: "ok"; readonly value: T } | { readonly kind: "malformed"; readonly why: string },
): T {
  if (point.kind === "malformed") throw new Error(`the verifying key has ${point.why}`)
  return point.value
}

function invalid(why: string): Verdict {
  return { kind: "invalid", why }
}
