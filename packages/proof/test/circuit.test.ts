import { createHash } from "node:crypto"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ARTIFACTS, FIELD_ORDER, statementOf } from "@starling/proof"
import type { CircuitInputs } from "snarkjs"
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest"
import { compileCircuit, type CompiledCircuit } from "../scripts/compile-circuit.ts"
import { calculateWitness } from "./calculate-witness.ts"
import { honest } from "./member.ts"
import { constraintsByWire, holds, modulo, readR1cs, type R1cs } from "./r1cs.ts"
import { solve } from "./solve-r1cs.ts"

const SIGNALS = { ...honest, quota: BigInt(honest.quota), k: BigInt(honest.k), leafIndex: BigInt(honest.leafIndex) }

let folder: string
let compiled: CompiledCircuit
let r1cs: R1cs
let honestWires: readonly bigint[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "starling-circuit-"))
  compiled = await compileCircuit(folder)
  r1cs = await readR1cs(compiled.r1cs)
  honestWires = await calculate(SIGNALS)
}, 100_000)

afterAll(async () => {
  await rm(folder, { recursive: true })
})

// The witness program announces each refusal on the console before it throws.
beforeEach(() => {
  vi.spyOn(console, "error").mockImplementation(() => {})
})

async function calculate(inputs: CircuitInputs): Promise<readonly bigint[]> {
  return await calculateWitness(compiled, inputs)
}

/** In the order of the circuit's wires: the public ones first. */
function inputWires(inputs: typeof SIGNALS): readonly bigint[] {
  const { scope, context, secret, trapdoor, quota, k, leafIndex, siblings } = inputs
  return [scope, context, secret, trapdoor, quota, k, leafIndex, ...siblings]
}

async function digest(path: string): Promise<string> {
  return createHash("sha256")
    .update(await readFile(path))
    .digest("hex")
}

test("the circuit's source compiles to the pinned constraints and witness program", async () => {
  expect(await digest(compiled.r1cs)).toBe(ARTIFACTS.constraints)
  expect(await digest(compiled.wasm)).toBe(ARTIFACTS.witnessProgram)
})

test("the circuit states what we compute outside it", () => {
  const { root, nullifier, scope, context } = statementOf(honest)
  expect(honestWires.slice(0, 5)).toEqual([1n, root, nullifier, scope, context])
  expect(r1cs).toMatchObject({ outputs: 2, publicInputs: 2, privateInputs: 25 })
})

test("an honest witness satisfies every constraint", () => {
  expect(r1cs.constraints.filter((constraint) => !holds(constraint, honestWires))).toEqual([])
})

test("no wire can be changed alone", () => {
  const index = constraintsByWire(r1cs)
  const free: number[] = []
  for (let wire = 1; wire < r1cs.wires; wire++) {
    for (const value of [honestWires[wire]! + 1n, -honestWires[wire]! - 7n, 1n - honestWires[wire]!]) {
      const tampered = honestWires.with(wire, modulo(value))
      if (tampered[wire] !== honestWires[wire] && index[wire]!.every((constraint) => holds(constraint, tampered)))
        free.push(wire)
    }
  }
  expect(free).toEqual([])
})

test("every wire follows from the inputs: nothing is left to the prover's choice", () => {
  expect(solve(r1cs, inputWires(SIGNALS))).toEqual({ kind: "unique", wires: honestWires })
})

test.for([1, 500, 1700, 3300, 4900, 6040])(
  "without constraint %i something is left to the prover's choice",
  (index) => {
    const weakened = { ...r1cs, constraints: r1cs.constraints.toSpliced(index, 1) }
    expect(solve(weakened, inputWires(SIGNALS)).kind).toBe("undetermined")
  },
)

test.for([
  { name: "the first k", change: { k: 0n } },
  { name: "the last k of the largest quota", change: { quota: 65_535n, k: 65_534n } },
  { name: "the last position", change: { leafIndex: 2n ** 20n - 1n } },
])("$name can be proved", async ({ change }) => {
  const inputs = { ...SIGNALS, ...change }
  expect(solve(r1cs, inputWires(inputs))).toEqual({ kind: "unique", wires: await calculate(inputs) })
})

const falseClaims = [
  { name: "k = quota", change: { k: 3n } },
  { name: "k > quota", change: { k: 4n } },
  { name: "k = -1", change: { k: FIELD_ORDER - 1n } },
  { name: "k = -1 with a quota of zero", change: { quota: 0n, k: FIELD_ORDER - 1n } },
  { name: "k = 0 with a quota of zero", change: { quota: 0n, k: 0n } },
  { name: "k = 2^16", change: { k: 65_536n } },
  { name: "k + 2^16", change: { k: 65_537n } },
  { name: "k = quota - 2^16", change: { k: FIELD_ORDER + 3n - 65_536n } },
  { name: "quota = 2^16", change: { quota: 65_536n } },
  { name: "quota = r - 1", change: { quota: FIELD_ORDER - 1n } },
  { name: "k = 2^16 below a quota of 2^17", change: { quota: 131_072n, k: 65_536n } },
  { name: "leafIndex + 2^20", change: { leafIndex: 2n + 2n ** 20n } },
  { name: "leafIndex = -1", change: { leafIndex: FIELD_ORDER - 1n } },
]

test.for(falseClaims)("A9: $name has no witness, whatever the other wires", async ({ change }) => {
  const inputs = { ...SIGNALS, ...change }
  expect(solve(r1cs, inputWires(inputs)).kind).toBe("contradiction")
  await expect(calculate(inputs)).rejects.toThrow("Assert Failed")
})

test("A1: the circuit takes no path but one of 20 siblings", async () => {
  const longer = { ...SIGNALS, siblings: [...SIGNALS.siblings, 1n] }
  const shorter = { ...SIGNALS, siblings: SIGNALS.siblings.slice(1) }
  await expect(calculate(longer)).rejects.toThrow("Too many values for input signal siblings")
  await expect(calculate(shorter)).rejects.toThrow("Not enough values for input signal siblings")
})
