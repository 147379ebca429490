import { createHmac, randomBytes, timingSafeEqual } from "node:crypto"

import { concat, type Bytes } from "@starling/kernel"

import {
  FIELD_ORDER,
  PROOF_BYTES,
  statementOf,
  type Proof,
  type Statement,
  type Verdict,
  type Witness,
} from "@starling/proof"

const TAG_BYTES = 32

/**
 * A proof system without a flaw and without a cost, for what is about the protocol around it: a proof is had for a witness of
 * the statement and in no other way, and each is a different one. What is about the real one has real proofs.
 */
export class IdealProofs {
  readonly #key = randomBytes(32)
  verified = 0

  async prove(
    witness: Witness,
  ): Promise<{ readonly proof: Proof; readonly statement: Statement; readonly milliseconds: number }> {
    const statement = statementOf(witness)
    const blinding = randomBytes(PROOF_BYTES - TAG_BYTES)
    return { statement, proof: concat(this.#tag(statement, blinding), blinding), milliseconds: 0 }
  }

  async verify(statement: Statement, proof: Uint8Array): Promise<Verdict> {
    this.verified++
    const expected = this.#tag(statement, proof.slice(TAG_BYTES))
    const valid = proof.length === PROOF_BYTES && timingSafeEqual(expected, proof.slice(0, TAG_BYTES))
    return valid ? { kind: "valid" } : { kind: "invalid", why: "no proof of this statement" }
  }

  /** As a verifier does that computes modulo r. */
  #tag({ root, nullifier, scope, context }: Statement, blinding: Uint8Array): Bytes {
    const residues = [root, nullifier, scope, context].map((value) => String(value % FIELD_ORDER))
    const tag = createHmac("sha256", this.#key).update(residues.join()).update(blinding).digest()
    return new Uint8Array(tag)
  }
}
