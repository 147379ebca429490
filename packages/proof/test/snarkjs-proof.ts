import type { Statement } from "@starling/proof"
import type { Groth16Proof } from "snarkjs"
import { coordinatesOf } from "./proof-points.ts"

/** Our bytes as snarkjs has them, without any check: for asking it about the same proof. */
export function toSnarkjs(proof: Uint8Array): Groth16Proof {
  const [ax, ay, bx1, bx0, by1, by0, cx, cy] = coordinatesOf(proof).map(String)
  return {
    pi_a: [ax!, ay!, "1"],
    pi_b: [
      [bx0!, bx1!],
      [by0!, by1!],
      ["1", "0"],
    ],
    pi_c: [cx!, cy!, "1"],
    protocol: "groth16",
    curve: "bn128",
  }
}

export function publicSignals({ root, nullifier, scope, context }: Statement): readonly string[] {
  return [root, nullifier, scope, context].map(String)
}
