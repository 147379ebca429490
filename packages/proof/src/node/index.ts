export { Prover, type Proved } from "./prover.ts"
export { ProverFailed } from "./prover-failed.ts"
