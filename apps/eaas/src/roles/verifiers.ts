import { availableParallelism } from "node:os"

import type { Verifier } from "@starling/eaas"
import { verifyProof } from "@starling/proof"
import { VerifierPool } from "@starling/proof/node"

/** Proofs that may wait for each thread: some three seconds of its work. */
const WAITING_PER_THREAD = 128

/** Verifies on this thread, which does nothing else meanwhile. */
export const inPlace: Verifier = { verify: async (statement, proof) => verifyProof(statement, proof) }

/** One thread for each core where nobody says how many. */
export function verifierPool(threads = availableParallelism()): VerifierPool {
  return new VerifierPool({ threads, capacity: threads * WAITING_PER_THREAD })
}
