import type { CircuitInputs } from "snarkjs"
import type { Witness } from "../statement.ts"

/** The input signals of the circuit, by its names. */
export function circuitInputs(witness: Witness): CircuitInputs {
  const { secret, trapdoor, quota, k, leafIndex, siblings, scope, context } = witness
  return {
    secret,
    trapdoor,
    quota: BigInt(quota),
    k: BigInt(k),
    leafIndex: BigInt(leafIndex),
    siblings,
    scope,
    context,
  }
}
