import { bn254 } from "@noble/curves/bn254.js"
import { statementOf, verifyProof, verifyProofs, type ProvedStatement } from "@starling/proof"
import { Prover } from "@starling/proof/node"
import { randomBytes } from "node:crypto"
import { beforeAll, expect, test } from "vitest"
import { element, honest } from "./member.ts"
import { outsideG2, pointsOf, proofOf } from "./proof-points.ts"

const G1 = bn254.G1.Point.BASE
const draw = (length: number): Uint8Array => randomBytes(length)
const statement = statementOf(honest)
let honestOnes: readonly ProvedStatement[]

beforeAll(async () => {
  await using prover = await Prover.open()
  const signal = AbortSignal.timeout(100_000)
  const first = await prover.prove(honest, signal)
  const second = await prover.prove({ ...honest, k: 2, context: element(5) }, signal)
  // As many proofs as are wanted come from two: each is changed into others of the same statement.
  honestOnes = Array.from({ length: 12 }, (_, i) => {
    const { a, b, c } = pointsOf((i % 2 === 0 ? first : second).proof)
    const s = BigInt(i + 1)
    const proof = proofOf({ a: a.multiply(bn254.fields.Fr.inv(s)), b: b.multiply(s), c })
    return { statement: (i % 2 === 0 ? first : second).statement, proof }
  })
}, 100_000)

const kinds = (claims: readonly ProvedStatement[], weights = draw): readonly string[] =>
  verifyProofs(claims, weights).map(({ kind }) => kind)

const movedC = ({ statement, proof }: ProvedStatement, by: bigint): ProvedStatement => {
  const points = pointsOf(proof)
  return { statement, proof: proofOf({ ...points, c: points.c.add(G1.multiplyUnsafe(by)) }) }
}

test.for([0, 1, 2, 7, 12])("%i honest proofs are all valid", (count) => {
  expect(kinds(honestOnes.slice(0, count))).toEqual(Array.from({ length: count }, () => "valid"))
})

test.for([[0], [11], [5, 6], [0, 3, 7, 11], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]])(
  "bad proofs at %j are found, and the others served",
  (bad) => {
    const claims = honestOnes.map((claim, i) => (bad.includes(i) ? movedC(claim, BigInt(i + 1)) : claim))
    const verdicts = verifyProofs(claims, draw)
    expect(verdicts).toEqual(claims.map(({ statement, proof }) => verifyProof(statement, proof)))
    expect(verdicts.flatMap(({ kind }, i) => (kind === "invalid" ? [i] : []))).toEqual(bad)
  },
)

test("what is no proof at all gets the verdict that it gets alone, and spoils nothing", () => {
  const b = outsideG2()
  const odd: readonly ProvedStatement[] = [
    { statement, proof: new Uint8Array(256) },
    { statement, proof: new Uint8Array(3) },
    { statement, proof: proofOf({ ...pointsOf(honestOnes[0]!.proof), b }) },
    { statement: { ...statement, nullifier: element(1) }, proof: honestOnes[0]!.proof },
  ]
  const claims = odd.flatMap((claim, i) => [claim, honestOnes[i]!])
  expect(verifyProofs(claims, draw)).toEqual(claims.map(({ statement, proof }) => verifyProof(statement, proof)))
})

test("two false proofs whose faults cancel out are both found, since nobody knows the weights", () => {
  const [first, second] = [movedC(honestOnes[0]!, 7n), movedC(honestOnes[2]!, bn254.fields.Fr.ORDER - 7n)]
  expect(kinds([first, second])).toEqual(["invalid", "invalid"])
  // With weights that a forger knows, here all the same, the pair passes.
  expect(kinds([first, second], (length) => new Uint8Array(length).fill(1))).toEqual(["valid", "valid"])
})
