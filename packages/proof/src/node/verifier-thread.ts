import { randomBytes } from "node:crypto"
import { parentPort } from "node:worker_threads"
import { verifyProofs } from "../verify.ts"
import type { Batch, Verdicts } from "./verifier-messages.ts"

/** Program of a verifying thread. The weights that it draws decide verdicts, and nothing is made of them. */
parentPort?.on("message", (batch: Batch) => {
  const verdicts: Verdicts = verifyProofs(batch, (length) => randomBytes(length))
  parentPort?.postMessage(verdicts, [])
})
