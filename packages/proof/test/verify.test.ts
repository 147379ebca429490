import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { bn254 } from "@noble/curves/bn254.js"
import {
  FIELD_ORDER,
  statementOf,
  VERIFYING_KEY,
  VERIFYING_KEY_FILE,
  verifyProof,
  type Proof,
  type Statement,
} from "@starling/proof"
import { Prover } from "@starling/proof/node"
import * as fc from "fast-check"
import { curves, groth16, type VerifyingKeyJson } from "snarkjs"
import { afterAll, beforeAll, expect, test } from "vitest"
import { element, honest } from "./member.ts"
import { pointsOf, proofOf, type Points } from "./proof-points.ts"
import { publicSignals, toSnarkjs } from "./snarkjs-proof.ts"

const KEY = join(import.meta.dirname, "../artifacts", VERIFYING_KEY_FILE)
const G1 = bn254.G1.Point.BASE
const G2 = bn254.G2.Point.BASE
const statement = statementOf(honest)
let key: VerifyingKeyJson
let proof: Proof
let other: Proof

beforeAll(async () => {
  key = JSON.parse(await readFile(KEY, "utf8"))
  await using prover = await Prover.open()
  const signal = AbortSignal.timeout(60_000)
  proof = (await prover.prove(honest, signal)).proof
  other = (await prover.prove({ ...honest, k: 2 }, signal)).proof
})

afterAll(async () => {
  await (await curves.getCurveFromName("bn128")).terminate()
})

/** What snarkjs says, an exception counting as a refusal. */
async function oracle(claim: Statement, bytes: Uint8Array): Promise<"valid" | "invalid"> {
  const accepted = await groth16.verify(key, publicSignals(claim), toSnarkjs(bytes)).catch(() => false)
  return accepted ? "valid" : "invalid"
}

const mutations: readonly {
  readonly name: string
  readonly kind: "valid" | "invalid"
  readonly mutate: (points: Points, another: Points) => Points
}[] = [
  { name: "the proof as it is", kind: "valid", mutate: (p) => p },
  { name: "A and B negated", kind: "valid", mutate: (p) => ({ ...p, a: p.a.negate(), b: p.b.negate() }) },
  { name: "A scaled, B scaled back", kind: "valid", mutate: (p) => ({ ...p, ...scaled(p, 12345n) }) },
  { name: "the proof re-randomised", kind: "valid", mutate: rerandomised },
  { name: "A negated", kind: "invalid", mutate: (p) => ({ ...p, a: p.a.negate() }) },
  { name: "B negated", kind: "invalid", mutate: (p) => ({ ...p, b: p.b.negate() }) },
  { name: "C negated", kind: "invalid", mutate: (p) => ({ ...p, c: p.c.negate() }) },
  { name: "A and C exchanged", kind: "invalid", mutate: (p) => ({ ...p, a: p.c, c: p.a }) },
  { name: "A moved", kind: "invalid", mutate: (p) => ({ ...p, a: p.a.add(G1) }) },
  { name: "B moved", kind: "invalid", mutate: (p) => ({ ...p, b: p.b.add(G2) }) },
  { name: "C moved", kind: "invalid", mutate: (p) => ({ ...p, c: p.c.add(G1) }) },
  { name: "the generators", kind: "invalid", mutate: () => ({ a: G1, b: G2, c: G1 }) },
  { name: "the key's alpha and beta", kind: "invalid", mutate: () => ({ a: alpha(), b: beta(), c: G1 }) },
  { name: "A of another proof", kind: "invalid", mutate: (p, another) => ({ ...p, a: another.a }) },
  { name: "B of another proof", kind: "invalid", mutate: (p, another) => ({ ...p, b: another.b }) },
  { name: "C of another proof", kind: "invalid", mutate: (p, another) => ({ ...p, c: another.c }) },
  { name: "another proof", kind: "invalid", mutate: (_, another) => another },
]

test.for(mutations)("$name is $kind, and snarkjs agrees", async ({ kind, mutate }) => {
  const mutated = proofOf(mutate(pointsOf(proof), pointsOf(other)))
  expect(verifyProof(statement, mutated).kind).toBe(kind)
  expect(await oracle(statement, mutated)).toBe(kind)
})

const values = fc.oneof(
  fc.bigInt({ min: 0n, max: FIELD_ORDER - 1n }),
  fc.constantFrom(0n, 1n, FIELD_ORDER - 1n, ...Object.values(statement)),
)

test("no other public input goes with the proof, and snarkjs agrees", async () => {
  const fields = fc.constantFrom("root", "nullifier", "scope", "context")
  await fc.assert(
    fc.asyncProperty(fields, values, async (field, value) => {
      const claim = { ...statement, [field]: element(value) }
      const expected = claim[field] === statement[field] ? "valid" : "invalid"
      expect(verifyProof(claim, proof).kind).toBe(expected)
      expect(await oracle(claim, proof)).toBe(expected)
    }),
    { numRuns: 40 },
  )
})

test("no flipped bit leaves the proof valid, and snarkjs agrees", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(8 * 256 - 1), async (bit) => {
      const flipped = proof.with(bit >> 3, proof[bit >> 3]! ^ (1 << (bit & 7)))
      expect(verifyProof(statement, flipped).kind).toBe("invalid")
      expect(await oracle(statement, flipped)).toBe("invalid")
    }),
    { numRuns: 40 },
  )
})

test("any bytes get a verdict", () => {
  const sized = fc.uint8Array({ minLength: 256, maxLength: 256 })
  fc.assert(
    fc.property(fc.oneof(sized, fc.uint8Array({ maxLength: 600 })), (bytes) => {
      expect(verifyProof(statement, bytes).kind).toBe("invalid")
    }),
  )
})

test.for([0, 1, 255, 257, 1_000_000])("%i bytes are no proof", (length) => {
  const bytes = new Uint8Array(length)
  bytes.set(proof.subarray(0, length))
  expect(verifyProof(statement, bytes)).toEqual({ kind: "invalid", why: "a proof has 256 bytes" })
})

test("the verifier doesn't write into the proof and takes any view of it", () => {
  const room = new Uint8Array(300).fill(7)
  room.set(proof, 11)
  const view = room.subarray(11, 267)
  expect(verifyProof(statement, view)).toEqual({ kind: "valid" })
  expect(new Uint8Array(view)).toEqual(proof)
})

function scaled({ a, b }: Points, factor: bigint): Pick<Points, "a" | "b"> {
  return { a: a.multiply(factor), b: b.multiply(bn254.fields.Fr.inv(factor)) }
}

/** A/s, s·B + s·t·delta, C + t·A, as anybody can who has seen a proof. */
function rerandomised({ a, b, c }: Points): Points {
  const [s, t] = [314159n, 271828n]
  const { x, y } = VERIFYING_KEY.delta
  const delta = bn254.G2.Point.fromAffine({ x: { c0: x[0], c1: x[1] }, y: { c0: y[0], c1: y[1] } })
  return {
    a: a.multiply(bn254.fields.Fr.inv(s)),
    b: b.multiply(s).add(delta.multiply(s * t)),
    c: c.add(a.multiply(t)),
  }
}

function alpha(): Points["a"] {
  return bn254.G1.Point.fromAffine(VERIFYING_KEY.alpha)
}

function beta(): Points["b"] {
  const { x, y } = VERIFYING_KEY.beta
  return bn254.G2.Point.fromAffine({ x: { c0: x[0], c1: x[1] }, y: { c0: y[0], c1: y[1] } })
}
