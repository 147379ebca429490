import { bn254 } from "@noble/curves/bn254.js"
import { evaluate, holds, modulo, wiresOf, type Combination, type Constraint, type R1cs } from "./r1cs.ts"

export type Solution =
  /** Every wire follows from the inputs, and all constraints hold. */
  | { readonly kind: "unique"; readonly wires: readonly bigint[] }
  /** No values of the other wires fit these inputs: nothing can be proved from them. */
  | { readonly kind: "contradiction"; readonly constraint: Constraint }
  /** Some wires are left to the prover's choice, as far as these rules see. */
  | { readonly kind: "undetermined"; readonly wires: readonly number[] }

const { Fr } = bn254.fields

/**
 * Derives the wires of a constraint system from values for its inputs, by steps that leave no choice: a constraint
 * that is linear in its one unknown wire gives that wire; several that are linear in theirs give theirs together; a
 * number gives the bits that it is composed of.
 */
export function solve(r1cs: R1cs, inputs: readonly bigint[]): Solution {
  const solver = new Solver(r1cs, inputs)
  return solver.run()
}

class Solver {
  readonly #r1cs: R1cs
  readonly #wires: (bigint | undefined)[]
  readonly #mentions: Constraint[][]
  readonly #unknown = new Map<Constraint, Set<number>>()
  readonly #bits = new Set<number>()
  readonly #queue: Constraint[] = []

  constructor(r1cs: R1cs, inputs: readonly bigint[]) {
    this.#r1cs = r1cs
    this.#wires = Array.from({ length: r1cs.wires })
    this.#mentions = Array.from({ length: r1cs.wires }, () => [])
    for (const constraint of r1cs.constraints) {
      const wires = new Set(wiresOf(constraint))
      for (const wire of wires) this.#mentions[wire]!.push(constraint)
      this.#unknown.set(constraint, wires)
      const bit = bitOf(constraint)
      if (bit !== undefined) this.#bits.add(bit)
    }
    this.#learn(0, 1n)
    inputs.forEach((value, i) => this.#learn(1 + r1cs.outputs + i, modulo(value)))
  }

  run(): Solution {
    const start = [...this.#unknown].filter(([, unknown]) => unknown.size <= 1)
    this.#queue.push(...start.map(([constraint]) => constraint))
    for (;;) {
      const next = this.#queue.pop()
      const clash = next === undefined ? this.#unblock() : this.#propagate(next)
      if (clash === "stuck") return this.#result()
      if (clash !== undefined) return { kind: "contradiction", constraint: clash }
    }
  }

  #result(): Solution {
    const open = this.#wires.flatMap((value, wire) => (value === undefined ? [wire] : []))
    if (open.length > 0) return { kind: "undetermined", wires: open }
    const wires = this.#wires.map((value) => value!)
    const broken = this.#r1cs.constraints.find((constraint) => !holds(constraint, wires))
    return broken === undefined ? { kind: "unique", wires } : { kind: "contradiction", constraint: broken }
  }

  #learn(wire: number, value: bigint): void {
    if (this.#wires[wire] !== undefined) return
    this.#wires[wire] = value
    for (const constraint of this.#mentions[wire]!) {
      const unknown = this.#unknown.get(constraint)!
      unknown.delete(wire)
      if (unknown.size <= 1) this.#queue.push(constraint)
    }
  }

  /** Solves (a0 + a1·w)(b0 + b1·w) = c0 + c1·w where it is linear in w; gives back a constraint that can't hold. */
  #propagate(constraint: Constraint): Constraint | undefined {
    const [wire] = this.#unknown.get(constraint)!
    const a0 = this.#knownPart(constraint.a)
    const b0 = this.#knownPart(constraint.b)
    const c0 = this.#knownPart(constraint.c)
    const rest = modulo(a0 * b0 - c0)
    if (wire === undefined) return rest === 0n ? undefined : constraint
    const [a1, b1, c1] = [constraint.a, constraint.b, constraint.c].map((side) => coefficientOf(side, wire))
    if (modulo(a1! * b1!) !== 0n) return undefined
    const slope = modulo(a0 * b1! + a1! * b0 - c1!)
    if (slope === 0n) return rest === 0n ? undefined : constraint
    this.#learn(wire, modulo(-rest * Fr.inv(slope)))
    return undefined
  }

  #unblock(): Constraint | "stuck" | undefined {
    const clash = this.#decompose()
    return clash === "stuck" ? this.#eliminate() : clash
  }

  /** Gaussian elimination: takes a constraint as a row once the rows before it fix one of its two factors. */
  #eliminate(): Constraint | "stuck" | undefined {
    const rows = new Rows()
    const open = new Set([...this.#unknown].filter(([, unknown]) => unknown.size > 0).map(([constraint]) => constraint))
    let before: number
    do {
      before = open.size
      for (const constraint of open) {
        const [a, b] = [this.#form(constraint.a, rows), this.#form(constraint.b, rows)]
        const [scale, side] = a.terms.size === 0 ? [a, b] : [b, a]
        if (scale.terms.size > 0) continue
        open.delete(constraint)
        const row = this.#form(constraint.c, rows)
        add(row, side, -scale.constant)
        if (row.terms.size > 0) rows.insert(row)
        else if (row.constant !== 0n) return constraint
      }
    } while (open.size < before)
    const solved = [...rows.solved()]
    for (const [wire, value] of solved) this.#learn(wire, value)
    return solved.length > 0 ? undefined : "stuck"
  }

  #form(side: Combination, rows: Rows): LinearForm {
    const form: LinearForm = { terms: new Map(), constant: this.#knownPart(side) }
    for (const [wire, coefficient] of side) {
      if (this.#wires[wire] === undefined) add(form, rows.valueOf(wire), coefficient)
    }
    return form
  }

  /** Finds an a · b = 0 whose unknown wires are bits, and takes them where one choice alone makes a or b zero. */
  #decompose(): Constraint | "stuck" | undefined {
    for (const [constraint, unknown] of this.#unknown) {
      if (unknown.size === 0 || constraint.c.length > 0 || bitOf(constraint) !== undefined) continue
      if (![...unknown].every((wire) => this.#bits.has(wire))) continue
      const choices = [constraint.a, constraint.b].flatMap((side) => this.#bitsThatCancel(side, unknown))
      if (choices.length === 0) return constraint
      if (choices.length > 1) continue
      for (const [wire, bit] of choices[0]!) this.#learn(wire, bit)
      return undefined
    }
    return "stuck"
  }

  /** The one way to make `side` zero, if there is one, by bits whose coefficients are a base times distinct powers of two. */
  #bitsThatCancel(side: Combination, unknown: ReadonlySet<number>): readonly ReadonlyMap<number, bigint>[] {
    const terms = side.filter(([wire]) => unknown.has(wire))
    if (terms.length !== unknown.size) throw new Error("unknown bits on one side only")
    const exponents = exponentsOf(terms)
    let target = modulo(-this.#knownPart(side) * Fr.inv(exponents.base))
    const bits = new Map<number, bigint>()
    for (const [wire, exponent] of exponents.of) {
      const bit = (target >> exponent) & 1n
      bits.set(wire, bit)
      target -= bit << exponent
    }
    return target === 0n ? [bits] : []
  }

  #knownPart(side: Combination): bigint {
    return evaluate(
      side.filter(([wire]) => this.#wires[wire] !== undefined),
      this.#wires as readonly bigint[],
    )
  }
}

/** The sum of unknown wires times their coefficients, and a constant. */
interface LinearForm {
  readonly terms: Map<number, bigint>
  constant: bigint
}

/** Linear equations in reduced row echelon form: each expresses one wire by wires that no equation is for. */
class Rows {
  readonly #byWire = new Map<number, LinearForm>()

  valueOf(wire: number): LinearForm {
    return this.#byWire.get(wire) ?? { terms: new Map([[wire, 1n]]), constant: 0n }
  }

  /** Takes `row = 0`, with terms in wires that no equation is for. */
  insert(row: LinearForm): void {
    const [wire, coefficient] = [...row.terms][0]!
    const value: LinearForm = { terms: new Map([[wire, 1n]]), constant: 0n }
    add(value, row, -Fr.inv(coefficient))
    for (const other of this.#byWire.values()) {
      const share = other.terms.get(wire)
      if (share === undefined) continue
      other.terms.delete(wire)
      add(other, value, share)
    }
    this.#byWire.set(wire, value)
  }

  *solved(): Iterable<readonly [wire: number, value: bigint]> {
    for (const [wire, { terms, constant }] of this.#byWire) if (terms.size === 0) yield [wire, constant]
  }
}

/** `form += factor * other` */
function add(form: LinearForm, other: LinearForm, factor: bigint): void {
  for (const [wire, coefficient] of other.terms) {
    const sum = modulo((form.terms.get(wire) ?? 0n) + factor * coefficient)
    if (sum === 0n) form.terms.delete(wire)
    else form.terms.set(wire, sum)
  }
  form.constant = modulo(form.constant + factor * other.constant)
}

/** The wire of a constraint w · (w - 1) = 0. */
function bitOf({ a, b, c }: Constraint): number | undefined {
  const [wire, another] = [...wiresOf({ a, b, c })].filter((candidate) => candidate !== 0)
  if (wire === undefined || another !== undefined || c.length > 0) return undefined
  const vanishes = (value: bigint): boolean => {
    const wires: bigint[] = [1n]
    wires[wire] = value
    return evaluate(a, wires) === 0n || evaluate(b, wires) === 0n
  }
  return vanishes(0n) && vanishes(1n) ? wire : undefined
}

function coefficientOf(side: Combination, wire: number): bigint {
  return side.find(([candidate]) => candidate === wire)?.[1] ?? 0n
}

function exponentsOf(terms: Combination): { readonly base: bigint; readonly of: ReadonlyMap<number, bigint> } {
  for (const [, base] of terms) {
    const of = new Map<number, bigint>()
    for (const [wire, coefficient] of terms) {
      const exponent = POWERS.get(modulo(coefficient * Fr.inv(base)))
      if (exponent !== undefined) of.set(wire, exponent)
    }
    if (of.size === terms.length && new Set(of.values()).size === of.size) return { base, of }
  }
  throw new Error("bits without a common base")
}

/** Sums of distinct ones among these stay below r, so that they are what they are as integers. */
const POWERS = new Map(Array.from({ length: 253 }, (_, exponent) => [1n << BigInt(exponent), BigInt(exponent)]))
