import process from "node:process"
import { groth16, wtns } from "snarkjs"
import type { Statement } from "../statement.ts"
import { verifyProof } from "../verify.ts"
import { circuitInputs } from "./circuit-inputs.ts"
import { encodeGroth16 } from "./encode-groth16.ts"
import { ARTIFACTS_FOLDER, loadArtifacts } from "./load-artifacts.ts"
import type { Job, Reply } from "./prover-messages.ts"

/**
 * Program of the proving process; its argument is the folder with the artefacts, which it checks again. It gives one
 * `Reply` for each `Job`, until whoever started it lets go of the channel.
 */
const artifacts = loadArtifacts(process.argv[2] ?? ARTIFACTS_FOLDER)
// Told with each job, and no reason to end before the first.
artifacts.catch(() => undefined)
process.on("disconnect", () => process.exit())
process.on("message", (job: Job) => void answer(job))

async function answer(job: Job): Promise<void> {
  const reply = await prove(job).catch((error: unknown): Reply => ({ kind: "failed", message: String(error) }))
  process.send?.(reply)
}

async function prove({ witness, statement }: Job): Promise<Reply> {
  const { witnessProgram, provingKey } = await artifacts
  const assignment = { type: "mem" } as const
  await wtns.calculate(circuitInputs(witness), witnessProgram, assignment, { memorySize: 1 })
  const { proof, publicSignals } = await groth16.prove(provingKey, assignment)
  if (!states(publicSignals, statement)) return { kind: "failed", message: "the circuit states something else" }
  const bytes = encodeGroth16(proof)
  const verdict = verifyProof(statement, bytes)
  return verdict.kind === "valid" ? { kind: "proved", proof: bytes } : { kind: "failed", message: verdict.why }
}

function states(publicSignals: readonly string[], { root, nullifier, scope, context }: Statement): boolean {
  const expected = [root, nullifier, scope, context]
  return (
    publicSignals.length === expected.length && expected.every((value, i) => BigInt(publicSignals[i] ?? -1) === value)
  )
}
