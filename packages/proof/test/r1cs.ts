import { readFile } from "node:fs/promises"
import { FIELD_ORDER } from "@starling/proof"

/** A linear combination of wires: pairs of wire and coefficient. Wire 0 is the constant one. */
export type Combination = readonly (readonly [wire: number, coefficient: bigint])[]

/** `a · b = c`. */
export interface Constraint {
  readonly a: Combination
  readonly b: Combination
  readonly c: Combination
}

export interface R1cs {
  readonly wires: number
  readonly outputs: number
  readonly publicInputs: number
  readonly privateInputs: number
  readonly constraints: readonly Constraint[]
}

const HEADER = 1
const CONSTRAINTS = 2

export async function readR1cs(path: string): Promise<R1cs> {
  const bytes = await readFile(path)
  const sections = sectionsOf(bytes)
  const header = sections.get(HEADER)!
  const width = header.readUInt32LE(0)
  const [wires, outputs, publicInputs, privateInputs] = [0, 4, 8, 12].map((at) => header.readUInt32LE(4 + width + at))
  const count = header.readUInt32LE(4 + width + 24)
  return {
    wires: wires!,
    outputs: outputs!,
    publicInputs: publicInputs!,
    privateInputs: privateInputs!,
    constraints: constraintsOf(sections.get(CONSTRAINTS)!, count, width),
  }
}

export function modulo(value: bigint): bigint {
  const rest = value % FIELD_ORDER
  return rest < 0n ? rest + FIELD_ORDER : rest
}

export function evaluate(combination: Combination, wires: readonly bigint[]): bigint {
  let sum = 0n
  for (const [wire, coefficient] of combination) sum += coefficient * wires[wire]!
  return modulo(sum)
}

export function holds({ a, b, c }: Constraint, wires: readonly bigint[]): boolean {
  return modulo(evaluate(a, wires) * evaluate(b, wires)) === evaluate(c, wires)
}

/** For each wire, the constraints that mention it. */
export function constraintsByWire({ wires, constraints }: R1cs): readonly (readonly Constraint[])[] {
  const index: Constraint[][] = Array.from({ length: wires }, () => [])
  for (const constraint of constraints) {
    for (const wire of wiresOf(constraint)) index[wire]!.push(constraint)
  }
  return index
}

export function wiresOf({ a, b, c }: Constraint): ReadonlySet<number> {
  return new Set([...a, ...b, ...c].map(([wire]) => wire))
}

function sectionsOf(bytes: Buffer): ReadonlyMap<number, Buffer> {
  const sections = new Map<number, Buffer>()
  let at = 12
  while (at < bytes.length) {
    const length = Number(bytes.readBigUInt64LE(at + 4))
    sections.set(bytes.readUInt32LE(at), bytes.subarray(at + 12, at + 12 + length))
    at += 12 + length
  }
  return sections
}

function constraintsOf(bytes: Buffer, count: number, width: number): readonly Constraint[] {
  let at = 0
  const combination = (): Combination => {
    const terms = bytes.readUInt32LE(at)
    at += 4
    return Array.from({ length: terms }, () => {
      const coefficient = Buffer.from(bytes.subarray(at + 4, at + 4 + width).toReversed())
      const term = [bytes.readUInt32LE(at), BigInt(`0x${coefficient.toString("hex")}`)] as const
      at += 4 + width
      return term
    })
  }
  return Array.from({ length: count }, () => ({ a: combination(), b: combination(), c: combination() }))
}
