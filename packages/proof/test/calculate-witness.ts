import { readFile } from "node:fs/promises"
import { wtns, type CircuitInputs } from "snarkjs"
import type { CompiledCircuit } from "../scripts/compile-circuit.ts"

/** All wires, as the circuit's own program computes them; it throws where a constraint of the inputs doesn't hold. */
export async function calculateWitness(compiled: CompiledCircuit, inputs: CircuitInputs): Promise<readonly bigint[]> {
  const witness = { type: "mem" } as const
  await wtns.calculate(inputs, await readFile(compiled.wasm), witness, { memorySize: 1 })
  return await wtns.exportJson(witness)
}
