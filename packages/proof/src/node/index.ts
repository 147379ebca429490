export { Prover, type Proved } from "./prover.ts"
export { ProverFailed } from "./prover-failed.ts"
export { VerifierFailed, VerifierPool, type PooledVerdict, type VerifierPoolSettings } from "./verifier-pool.ts"
