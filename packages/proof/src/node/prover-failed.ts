/** The machinery failed, not the statement: artefacts missing or changed, the proving process gone, the prover closed. */
export class ProverFailed extends Error {
  override readonly name = "ProverFailed"
}
