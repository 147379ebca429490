import type { ProverPort, Verifier } from "@starling/eaas"
import { osEntropy } from "@starling/entropy/node"
import { PROOF_BYTES, statementOf } from "@starling/proof"

/** Proofs take seconds, and taps are not about them: whatever is claimed is believed. */
export const believedProofs: ProverPort & Verifier = {
  prove: async (witness) => ({ statement: statementOf(witness), proof: osEntropy(PROOF_BYTES), milliseconds: 0 }),
  verify: async () => ({ kind: "valid" }),
}
