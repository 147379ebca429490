import { readFile, writeFile } from "node:fs/promises"

import { fromHex, toHex } from "@starling/kernel"
import { circuitId, FieldElement, statementOf, type ProvedStatement } from "@starling/proof"
import { honest } from "@starling/proof/forging"
import { Prover } from "@starling/proof/node"
import { z } from "zod"

/** A real proof, so that no attack on the verifier has to wait for one. */
const FILE = new URL("./recorded-proof.json", import.meta.url)

const Recorded = z.object({ circuit: z.string(), nullifier: z.string(), proof: z.string() })

/** The proof of the circuit as it is pinned; made by the first call where there is none of this circuit. */
export async function readRecordedProof(): Promise<ProvedStatement> {
  const statement = statementOf(honest)
  const kept = await readFile(FILE, "utf8").catch(() => "{}")
  const recorded = Recorded.safeParse(JSON.parse(kept))
  const nullifier = toHex(FieldElement.toBytes(statement.nullifier))
  const fits = recorded.success && recorded.data.circuit === circuitId && recorded.data.nullifier === nullifier
  const proof = fits ? fromHex(recorded.data.proof) : undefined
  if (proof !== undefined) return { statement, proof }
  await using prover = await Prover.open()
  const made = await prover.prove(honest, AbortSignal.timeout(300_000))
  await writeFile(
    FILE,
    `${JSON.stringify({ circuit: circuitId, nullifier, proof: toHex(made.proof) }, undefined, 2)}\n`,
  )
  return made
}
