import type { Groth16Proof } from "snarkjs"
import { encodeProof, type AffineG1, type AffineG2, type Proof } from "../proof-encoding.ts"

/** Our bytes for a proof as snarkjs writes it: projective coordinates with z = 1, in decimal. */
export function encodeGroth16(proof: Groth16Proof): Proof {
  return encodeProof(g1(proof.pi_a), g2(proof.pi_b), g1(proof.pi_c))
}

function g1([x = "", y = ""]: readonly string[]): AffineG1 {
  return { x: BigInt(x), y: BigInt(y) }
}

function g2([x, y]: readonly (readonly string[])[]): AffineG2 {
  return { x: pair(x), y: pair(y) }
}

function pair([c0 = "", c1 = ""]: readonly string[] = []): readonly [bigint, bigint] {
  return [BigInt(c0), BigInt(c1)]
}
