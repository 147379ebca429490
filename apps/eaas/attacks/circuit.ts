import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
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

/** What an honest member puts in, by the names of the circuit's signals. */
type Claim = ReadonlyMap<string, bigint>
const HONEST: Claim = new Map([
  ...(["scope", "context", "secret", "trapdoor", "quota", "k", "leafIndex"] as const).map(
    (name) => [name, BigInt(honest[name])] as const,
  ),
  ...honest.siblings.map((sibling, level) => [`siblings[${level}]`, BigInt(sibling)] as const),
])

/** Attacks on the constraints themselves: whatever a prover's program does, these have to hold. */
export const CIRCUIT: readonly Attack[] = [
  tampering("wire secret", "uses another secret with the same leaf, for fresh nullifiers", "secret", [1n, 7n]),
  tampering("wire trapdoor", "uses another trapdoor with the same leaf", "trapdoor", [1n, 7n]),
  tampering("wire quota", "uses another quota with the same leaf", "quota", [4n, 65_535n, 65_536n, FIELD_ORDER - 1n]),
  tampering("wire leafIndex", "stands at another position, or one modulo 2^20", "leafIndex", [
    3n,
    2n ** 20n + 2n,
    FIELD_ORDER - 1n,
  ]),
  ...honest.siblings.map((_, level) =>
    tampering(`wire siblings[${level}]`, "climbs to the same root over another sibling", `siblings[${level}]`, [
      1n,
      5n,
    ]),
  ),
  {
    id: "wire k",
    property,
    name: "counts beyond its quota, below zero or modulo 2^16",
    async run(scene) {
      const circuit = await circuitOf(scene)
      const claims = [3n, 4n, FIELD_ORDER - 1n, 65_536n, 65_537n, FIELD_ORDER + 3n - 65_536n]
      return succeededIf(claims.some((k) => derive(circuit, { k }).kind !== "contradiction"))
    },
  },
  {
    id: "A9 ranges",
    property,
    name: "makes the comparison of k and quota wrap around",
    async run(scene) {
      const circuit = await circuitOf(scene)
      const pairs = [
        [65_536n, 1n],
        [131_072n, 65_536n],
        [FIELD_ORDER - 1n, 1n],
        [0n, FIELD_ORDER - 1n],
        [0n, 0n],
      ] as const
      return succeededIf(pairs.some(([quota, k]) => derive(circuit, { quota, k }).kind !== "contradiction"))
    },
  },
  {
    id: "wire scope",
    property,
    name: "gives one nullifier for two scopes, or two for one",
    async run(scene) {
      const circuit = await circuitOf(scene)
      const solution = derive(circuit, { scope: BigInt(honest.scope) + 1n })
      return succeededIf(
        solution.kind !== "unique" || at(solution, circuit, "nullifier") === valueOf(circuit, "nullifier"),
      )
    },
  },
  alone("wire context", "proves for one context and shows another", "context"),
  alone("wire nullifier", "shows another nullifier than the one it proved", "nullifier"),
  alone("wire root", "shows another root than the one it proved", "root"),
  {
    id: "every other wire",
    property,
    name: "chooses any wire between inputs and outputs",
    async run(scene) {
      return succeededIf(derive(await circuitOf(scene), {}).kind !== "unique")
    },
  },
]

interface Circuit {
  readonly r1cs: R1cs
  /** Of the honest member's witness. */
  readonly wires: readonly bigint[]
  /** By the names of the signals; what no constraint mentions has none. */
  readonly wireOf: ReadonlyMap<string, number>
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
  const single = [...HONEST].filter(([name]) => !name.startsWith("siblings"))
  const inputs = { ...Object.fromEntries(single), siblings: honest.siblings }
  const [r1cs, wires] = await Promise.all([readR1cs(circuit.r1cs), calculateWitness(circuit, inputs)])
  return { r1cs, wires, wireOf: wiresByName(readFileSync(circuit.sym, "utf8")) }
}

/** From lines of `label,wire,component,name`. */
function wiresByName(sym: string): ReadonlyMap<string, number> {
  const entries = sym.split("\n").map((line) => line.split(","))
  const known = entries.filter(([, wire, , name]) => name !== undefined && Number(wire) >= 0)
  return new Map(known.map(([, wire, , name = ""]) => [name.replace(/^main\./, ""), Number(wire)]))
}

/** What follows for all wires from the honest inputs with these changed. */
function derive({ r1cs, wireOf }: Circuit, change: Readonly<Record<string, bigint>>): ReturnType<typeof solve> {
  const claim = [...new Map([...HONEST, ...Object.entries(change)])].filter(([name]) => wireOf.has(name))
  const inOrder = claim.toSorted(([one], [two]) => (wireOf.get(one) ?? 0) - (wireOf.get(two) ?? 0))
  return solve(
    r1cs,
    inOrder.map(([, value]) => modulo(value)),
  )
}

function valueOf({ wires, wireOf }: Circuit, name: string): bigint | undefined {
  return wires[wireOf.get(name) ?? -1]
}

function at(solution: { readonly wires: readonly bigint[] }, { wireOf }: Circuit, name: string): bigint | undefined {
  return solution.wires[wireOf.get(name) ?? -1]
}

/** Succeeds where the honest root follows from another value of a private input, or anything is left to choose. */
function tampering(id: string, name: string, input: string, values: readonly bigint[]): Attack {
  return {
    id,
    property,
    name,
    async run(scene) {
      const circuit = await circuitOf(scene)
      if (isFree(circuit, input)) return "succeeded"
      const solutions = values.map((value) => derive(circuit, { [input]: value }))
      const honestRoot = valueOf(circuit, "root")
      return succeededIf(
        solutions.some(
          (solution) =>
            solution.kind === "undetermined" ||
            (solution.kind === "unique" && at(solution, circuit, "root") === honestRoot),
        ),
      )
    },
  }
}

/** Succeeds where a signal can be changed and nothing else. */
function alone(id: string, name: string, signal: string): Attack {
  return {
    id,
    property,
    name,
    async run(scene) {
      return succeededIf(isFree(await circuitOf(scene), signal))
    },
  }
}

function isFree({ r1cs, wires, wireOf }: Circuit, signal: string): boolean {
  const wire = wireOf.get(signal)
  if (wire === undefined) return true
  const value = wires[wire] ?? 0n
  const mentions = constraintsByWire(r1cs)[wire] ?? []
  return [value + 1n, 1n - value, -value - 7n].some((other) => {
    const tampered = wires.with(wire, modulo(other))
    return tampered[wire] !== value && mentions.every((constraint) => holds(constraint, tampered))
  })
}
