import type { Statement, Witness } from "../statement.ts"

/** What the prover asks of its process. */
export interface Job {
  readonly witness: Witness
  readonly statement: Statement
}

/** What the process answers, once per job. */
export type Reply =
  | { readonly kind: "proved"; readonly proof: Uint8Array }
  | { readonly kind: "failed"; readonly message: string }
