import { createHmac, timingSafeEqual } from "node:crypto"

import type { ProverPort, Verifier } from "@starling/eaas"
import { osEntropy } from "@starling/entropy/node"
import { concat, type Bytes } from "@starling/kernel"
import { FIELD_ORDER, PROOF_BYTES, statementOf, type Statement, type Witness } from "@starling/proof"

const TAG_BYTES = 32

/**
 * A proof system without a flaw and without a cost, for attacks on the protocol around it: a proof is had for a witness of
 * the statement and in no other way, and each is a different one. Attacks on the real one have real proofs.
 */
export class IdealProofs implements ProverPort, Verifier {
  readonly #key = osEntropy(32)
  verified = 0

  async prove(witness: Witness): ReturnType<ProverPort["prove"]> {
    const statement = statementOf(witness)
    const blinding = osEntropy(PROOF_BYTES - TAG_BYTES)
    return { statement, proof: concat(this.#tag(statement, blinding), blinding), milliseconds: 0 }
  }

  async verify(statement: Statement, proof: Uint8Array): ReturnType<Verifier["verify"]> {
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
