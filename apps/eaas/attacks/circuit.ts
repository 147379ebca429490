import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { FIELD_ORDER } from "@starling/proof"
import {
  calculateWitness,
  compileCircuit,
  constraintsByWire,
  holds,
  modulo,
  readR1cs,
  solve,
  type R1cs,
} from "@starling/proof/constraints"
import { honest } from "@starling/proof/forging"
import { succeededIf, type Attack } from "./attack.ts"
import type { Scene } from "./scene.ts"

const property = "unforgeability"

/** The circuit's inputs in the order of their wires: public ones, then private ones. */
const INPUTS = ["scope", "context", "secret", "trapdoor", "quota", "k", "leafIndex"] as const
const HONEST: readonly bigint[] = [...INPUTS.map((name) => BigInt(honest[name])), ...honest.siblings]
/** Wires: the constant one, root, nullifier, then the inputs. */
const [ROOT, NULLIFIER, FIRST_INPUT] = [1, 2, 3]

/** Attacks on the constraints themselves: whatever a prover's program does, these have to hold. */
export const CIRCUIT: readonly Attack[] = [
  tampering("wire secret", "uses another secret with the same leaf, for fresh nullifiers", inputAt("secret"), [1n, 7n]),
  tampering("wire trapdoor", "uses another trapdoor with the same leaf", inputAt("trapdoor"), [1n, 7n]),
  tampering("wire quota", "uses another quota with the same leaf", inputAt("quota"), [
    4n,
    65_535n,
    65_536n,
    FIELD_ORDER - 1n,
  ]),
  tampering("wire leafIndex", "stands at another position, or one modulo 2^20", inputAt("leafIndex"), [
    3n,
    2n ** 20n + 2n,
    FIELD_ORDER - 1n,
  ]),
  ...honest.siblings.map((_, level) =>
    tampering(`wire siblings[${level}]`, "climbs to the same root over another sibling", INPUTS.length + level, [
      1n,
      5n,
    ]),
  ),
  {
    id: "wire k",
    property,
    name: "counts beyond its quota, below zero or modulo 2^16",
    async run(scene) {
      const { r1cs } = await circuitOf(scene)
      const claims = [3n, 4n, FIELD_ORDER - 1n, 65_536n, 65_537n, FIELD_ORDER + 3n - 65_536n]
      return succeededIf(claims.some((k) => solve(r1cs, changed(inputAt("k"), k)).kind !== "contradiction"))
    },
  },
  {
    id: "A9 ranges",
    property,
    name: "makes the comparison of k and quota wrap around",
    async run(scene) {
      const { r1cs } = await circuitOf(scene)
      const pairs = [
        [65_536n, 1n],
        [131_072n, 65_536n],
        [FIELD_ORDER - 1n, 1n],
        [0n, FIELD_ORDER - 1n],
        [0n, 0n],
      ] as const
      const claims = pairs.map(([quota, k]) => HONEST.with(inputAt("quota"), quota).with(inputAt("k"), k))
      return succeededIf(claims.some((claim) => solve(r1cs, claim).kind !== "contradiction"))
    },
  },
  {
    id: "wire scope",
    property,
    name: "gives one nullifier for two scopes, or two for one",
    async run(scene) {
      const { r1cs, wires } = await circuitOf(scene)
      const solution = solve(r1cs, changed(inputAt("scope"), BigInt(honest.scope) + 1n))
      return succeededIf(solution.kind !== "unique" || solution.wires[NULLIFIER] === wires[NULLIFIER])
    },
  },
  alone("wire context", "proves for one context and shows another", FIRST_INPUT + inputAt("context")),
  alone("wire nullifier", "shows another nullifier than the one it proved", NULLIFIER),
  alone("wire root", "shows another root than the one it proved", ROOT),
  {
    id: "every other wire",
    property,
    name: "chooses any wire between inputs and outputs",
    async run(scene) {
      const { r1cs } = await circuitOf(scene)
      return succeededIf(solve(r1cs, HONEST).kind !== "unique")
    },
  },
]

interface Circuit {
  readonly r1cs: R1cs
  readonly wires: readonly bigint[]
}

const compiled = new WeakMap<Scene, Promise<Circuit>>()

async function circuitOf(scene: Scene): Promise<Circuit> {
  const known = compiled.get(scene) ?? compile(scene)
  compiled.set(scene, known)
  return await known
}

async function compile(scene: Scene): Promise<Circuit> {
  const folder = join(scene.folder, "circuit")
  mkdirSync(folder)
  const source = join(folder, "key-request.circom")
  writeFileSync(source, scene.circuit)
  const circuit = await compileCircuit(folder, source)
  const inputs = Object.fromEntries(INPUTS.map((name) => [name, BigInt(honest[name])]))
  const wires = await calculateWitness(circuit, { ...inputs, siblings: honest.siblings })
  return { r1cs: await readR1cs(circuit.r1cs), wires }
}

function inputAt(name: (typeof INPUTS)[number]): number {
  return INPUTS.indexOf(name)
}

function changed(input: number, value: bigint): readonly bigint[] {
  return HONEST.with(input, modulo(value))
}

/** Succeeds where the honest root follows from another value of a private input, or anything is left to choose. */
function tampering(id: string, name: string, input: number, values: readonly bigint[]): Attack {
  return {
    id,
    property,
    name,
    async run(scene) {
      const { r1cs, wires } = await circuitOf(scene)
      if (isFree(r1cs, wires, FIRST_INPUT + input)) return "succeeded"
      const solutions = values.map((value) => solve(r1cs, changed(input, value)))
      return succeededIf(
        solutions.some(
          (solution) =>
            solution.kind === "undetermined" || (solution.kind === "unique" && solution.wires[ROOT] === wires[ROOT]),
        ),
      )
    },
  }
}

/** Succeeds where a wire can be changed and nothing else. */
function alone(id: string, name: string, wire: number): Attack {
  return {
    id,
    property,
    name,
    async run(scene) {
      const { r1cs, wires } = await circuitOf(scene)
      return succeededIf(isFree(r1cs, wires, wire))
    },
  }
}

function isFree(r1cs: R1cs, wires: readonly bigint[], wire: number): boolean {
  const value = wires[wire] ?? 0n
  const mentions = constraintsByWire(r1cs)[wire] ?? []
  return [value + 1n, 1n - value, -value - 7n].some((other) => {
    const tampered = wires.with(wire, modulo(other))
    return tampered[wire] !== value && mentions.every((constraint) => holds(constraint, tampered))
  })
}
