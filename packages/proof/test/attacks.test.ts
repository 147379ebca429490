import { bn254 } from "@noble/curves/bn254.js"
import {
  commitmentOf,
  FIELD_ORDER,
  FieldElement,
  leafOf,
  MerkleTree,
  ProofImpossible,
  rootOf,
  statementOf,
  TREE_DEPTH,
  verifyProof,
  type Proof,
} from "@starling/proof"
import { Prover } from "@starling/proof/node"
import { afterAll, beforeAll, expect, test } from "vitest"
import { element, honest, leaves, POSITION, QUOTA, secretsOf, tree } from "./member.ts"
import { coordinatesOf, fromCoordinates, outsideG2, pointsOf, proofOf } from "./proof-points.ts"

const patience = AbortSignal.timeout(120_000)
const statement = statementOf(honest)
let prover: Prover
let proof: Proof

beforeAll(async () => {
  prover = await Prover.open()
  proof = (await prover.prove(honest, patience)).proof
}, 100_000)

afterAll(async () => {
  await prover[Symbol.asyncDispose]()
})

test("A1: a leaf that is an inner node makes no members of the two below it", () => {
  const { secret, trapdoor } = secretsOf(70)
  const mine = leafOf(commitmentOf(secret, trapdoor), QUOTA)
  const below = leafOf(commitmentOf(secret, element(71)), QUOTA)
  const node = parentOf(mine, below)
  const registered = MerkleTree.of([...leaves, node])
  const position = leaves.length
  const claim = { ...honest, secret, trapdoor, leafIndex: 2 * position }
  const path = [below, ...registered.path(position)]

  expect(() => statementOf({ ...claim, siblings: path })).toThrow(ProofImpossible)
  expect(() => statementOf({ ...claim, siblings: path.slice(0, TREE_DEPTH), leafIndex: 2 ** TREE_DEPTH })).toThrow(
    ProofImpossible,
  )
  expect(statementOf({ ...claim, siblings: path.slice(0, TREE_DEPTH) }).root).not.toBe(registered.root)
})

test("A1: a leaf, an inner node and a commitment of the same two values differ", () => {
  const [x, y] = [element(8), element(9)]
  expect(new Set([parentOf(x, y), leafOf(x, 9), commitmentOf(x, y)]).size).toBe(3)
})

test("A2: a nullifier and a proof have one encoding each", () => {
  const { nullifier } = statement
  const bytes = FieldElement.toBytes(nullifier)
  expect(FieldElement.fromBytes(bytes)).toEqual({ kind: "ok", value: nullifier })
  expect(FieldElement.fromBytes(new Uint8Array([0, ...bytes])).kind).toBe("malformed")
  expect(FieldElement.fromBytes(new TextEncoder().encode(`0x${nullifier.toString(16)}`)).kind).toBe("malformed")

  const p = bn254.fields.Fp.ORDER
  const coordinates = coordinatesOf(proof)
  for (const [i, coordinate] of coordinates.entries()) {
    const alias = fromCoordinates(coordinates.with(i, coordinate + p))
    expect(verifyProof(statement, alias)).toEqual({ kind: "invalid", why: "a coordinate is not below p" })
  }
})

test("A3: a public input has no second value modulo r", () => {
  const alias = statement.nullifier + FIELD_ORDER
  expect(() => FieldElement.of(alias)).toThrow(RangeError)
  const bytes = Uint8Array.from({ length: 32 }, (_, i) => Number((alias >> BigInt(8 * (31 - i))) & 0xffn))
  expect(FieldElement.fromBytes(bytes).kind).toBe("malformed")
  for (const field of ["root", "nullifier", "scope", "context"] as const) {
    const past = { ...statement, [field]: (statement[field] + FIELD_ORDER) as FieldElement }
    expect(verifyProof(past, proof)).toEqual({ kind: "invalid", why: "a public input is not below r" })
  }
})

test("A4: a proof can be changed into another of the same statement, so its bytes identify nothing", () => {
  const { a, b, c } = pointsOf(proof)
  const malleated = proofOf({ a: a.negate(), b: b.negate(), c })
  expect(malleated).not.toEqual(proof)
  expect(verifyProof(statement, malleated)).toEqual({ kind: "valid" })
})

test("A5: no public input can be exchanged for another", () => {
  const { root, nullifier, scope, context } = statement
  const swaps = [
    { ...statement, context: element(context + 1n) },
    { ...statement, scope: element(scope + 1n) },
    { ...statement, nullifier: statementOf({ ...honest, k: 2 }).nullifier },
    { ...statement, root: MerkleTree.of(leaves.toReversed()).root },
    { ...statement, scope: context, context: scope },
    { ...statement, root: nullifier, nullifier: root },
  ]
  for (const swapped of swaps) expect(verifyProof(swapped, proof).kind).toBe("invalid")
})

test("A6: a proof for a tree of one's own is valid for its root and for no other", async () => {
  const { secret, trapdoor } = secretsOf(66)
  const own = MerkleTree.of([leafOf(commitmentOf(secret, trapdoor), 65_535)])
  const witness = { ...honest, secret, trapdoor, quota: 65_535, leafIndex: 0, siblings: own.path(0) }
  const forged = await prover.prove(witness, patience)
  expect(verifyProof(forged.statement, forged.proof)).toEqual({ kind: "valid" })
  expect(forged.statement.root).toBe(own.root)
  expect(forged.statement.root).not.toBe(tree.root)
  expect(verifyProof({ ...forged.statement, root: tree.root }, forged.proof).kind).toBe("invalid")
})

test("A7: no proof goes with root zero, and no tree has it", () => {
  expect(verifyProof({ ...statement, root: element(0) }, proof).kind).toBe("invalid")
  expect(MerkleTree.of([]).root).not.toBe(0n)
})

test("A7: a free position is no member", () => {
  const free = leaves.length
  expect(() => tree.path(free)).toThrow(RangeError)
  // The path to it is known to everybody; only a preimage of the zero leaf is not.
  const siblings = MerkleTree.of([...leaves, element(1)]).path(free)
  expect(rootOf(element(0), free, siblings)).toBe(tree.root)
  expect(statementOf({ ...honest, leafIndex: free, siblings }).root).not.toBe(tree.root)
})

test("A8: a B on the curve but outside the subgroup is refused", () => {
  const points = pointsOf(proof)
  const refusal = { kind: "invalid", why: "a point outside the subgroup" }
  expect(verifyProof(statement, proofOf({ ...points, b: outsideG2() }))).toEqual(refusal)
  // The subgroup part of this B is the honest one.
  expect(verifyProof(statement, proofOf({ ...points, b: points.b.add(torsion()) }))).toEqual(refusal)
})

test("A9: requests beyond the quota have no proof", () => {
  for (const k of [QUOTA, QUOTA + 1, -1, 65_536, 65_537]) {
    expect(() => statementOf({ ...honest, k })).toThrow(ProofImpossible)
  }
  for (const quota of [0, 65_536, Number(FIELD_ORDER - 1n)]) {
    expect(() => statementOf({ ...honest, quota })).toThrow(ProofImpossible)
  }
  for (const leafIndex of [POSITION + 2 ** TREE_DEPTH, -1]) {
    expect(() => statementOf({ ...honest, leafIndex })).toThrow(ProofImpossible)
  }
})

test("A10: an inflated quota or a wrong secret leads to another root", () => {
  const lies = [
    { quota: QUOTA + 1 },
    { quota: 65_535 },
    { secret: element(1) },
    { trapdoor: element(1) },
    { leafIndex: 3 },
  ]
  for (const lie of lies) expect(statementOf({ ...honest, ...lie }).root).not.toBe(tree.root)
})

test("A11: the same k for another context has the same nullifier", () => {
  const again = statementOf({ ...honest, context: element(1) })
  expect(again.nullifier).toBe(statement.nullifier)
  // The trapdoor and the quota, which a user could have re-registered, don't give him fresh ones either.
  expect(statementOf({ ...honest, trapdoor: element(1), quota: 9 }).nullifier).toBe(statement.nullifier)
})

test("A12: points at infinity, and points off the curve, are refused", () => {
  const coordinates = coordinatesOf(proof)
  const zeroed = (from: number, to: number): Uint8Array =>
    fromCoordinates(coordinates.map((x, i) => (i >= from && i < to ? 0n : x)))
  for (const [from, to] of [
    [0, 2],
    [2, 6],
    [6, 8],
    [0, 8],
  ] as const) {
    expect(verifyProof(statement, zeroed(from, to))).toEqual({ kind: "invalid", why: "a point at infinity" })
  }
  for (let i = 0; i < 8; i++) {
    const moved = fromCoordinates(coordinates.with(i, coordinates[i]! ^ 1n))
    expect(verifyProof(statement, moved)).toEqual({ kind: "invalid", why: "a point off the curve" })
  }
})

/** The inner node above two leaves. */
function parentOf(left: FieldElement, right: FieldElement): FieldElement {
  return MerkleTree.of([left, right, element(1)]).path(2)[1]!
}

/** r · P for a P outside G2: a point without any part in G2. */
function torsion(): ReturnType<typeof outsideG2> {
  const point = outsideG2()
  return point.multiplyUnsafe(FIELD_ORDER - 1n).add(point)
}
