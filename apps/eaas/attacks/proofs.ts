import { bn254 } from "@noble/curves/bn254.js"
import { osEntropy } from "@starling/entropy/node"
import { FIELD_ORDER, verifyProof, verifyProofs, type ProvedStatement, type Verdict } from "@starling/proof"
import { fromCoordinates, coordinatesOf, outsideG2, pointsOf, proofOf } from "@starling/proof/forging"
import { concat } from "@starling/kernel"
import { succeededIf, type Attack } from "./attack.ts"
import { readRecordedProof } from "./recorded-proof.ts"
import { FieldElement } from "@starling/proof"

const property = "unforgeability"
const ORDER = bn254.fields.Fp.ORDER
const G1 = bn254.G1.Point.BASE

/** Attacks on the verifier, with a real proof to start from. */
export const PROOFS: readonly Attack[] = [
  verifying(
    "A2 coordinates",
    "writes a proof's coordinates as larger numbers",
    "a coordinate is not below p",
    (honest) => {
      const coordinates = coordinatesOf(honest.proof)
      return coordinates.map((coordinate, i) => ({
        ...honest,
        proof: fromCoordinates(coordinates.with(i, coordinate + ORDER)),
      }))
    },
  ),
  verifying(
    "A3",
    "writes a public input as a larger number of the same residue",
    "a public input is not below r",
    (honest) =>
      (["root", "nullifier", "scope", "context"] as const).map((name) => {
        const alias = (honest.statement[name] + FIELD_ORDER) as FieldElement
        return { ...honest, statement: { ...honest.statement, [name]: alias } }
      }),
  ),
  verifying("A5", "exchanges a public input", "the pairing equation doesn't hold", (honest) => {
    const { statement } = honest
    const other = FieldElement.of(123n)
    const swaps = [
      { root: other },
      { nullifier: other },
      { scope: other },
      { context: other },
      { root: FieldElement.of(0n) },
    ]
    return swaps.map((swap) => ({ ...honest, statement: { ...statement, ...swap } }))
  }),
  verifying("A8", "gives a B on the curve that is outside the subgroup", "a point outside the subgroup", (honest) => {
    const points = pointsOf(honest.proof)
    const outside = outsideG2()
    return [outside, points.b.add(outside)].map((b) => ({ ...honest, proof: proofOf({ ...points, b }) }))
  }),
  verifying("A12 infinity", "gives points at infinity", "a point at infinity", (honest) => {
    const coordinates = coordinatesOf(honest.proof)
    const ranges = [
      [0, 2],
      [2, 6],
      [6, 8],
      [0, 8],
    ] as const
    return ranges.map(([from, to]) => ({
      ...honest,
      proof: fromCoordinates(coordinates.map((value, i) => (i >= from && i < to ? 0n : value))),
    }))
  }),
  verifying("A12 length", "adds bytes to a proof", "a proof has 256 bytes", (honest) => [
    { ...honest, proof: concat(honest.proof, new Uint8Array(1)) },
  ]),
  {
    id: "faults that cancel out",
    property,
    name: "has two false proofs taken in one batch, whose faults cancel each other out",
    async run() {
      const honest = await readRecordedProof()
      const points = pointsOf(honest.proof)
      const [one, two] = [7n, bn254.fields.Fr.ORDER - 7n].map((by) => ({
        ...honest,
        proof: proofOf({ ...points, c: points.c.add(G1.multiplyUnsafe(by)) }),
      })) as [ProvedStatement, ProvedStatement]
      return succeededIf(verifyProofs([one, two], osEntropy).some(({ kind }) => kind === "valid"))
    },
  },
  {
    id: "bad proof in a batch",
    property: "robustness",
    name: "spoils the batch that its bad proof is verified in",
    async run() {
      const honest = await readRecordedProof()
      const bad = { ...honest, statement: { ...honest.statement, context: FieldElement.of(1n) } }
      const verdicts = verifyProofs([honest, bad, honest, honest], osEntropy).map(({ kind }) => kind)
      return succeededIf(verdicts.join() !== "valid,invalid,valid,valid")
    },
  },
]

/** Succeeds where one of the forgeries gets past the check that is there for it. */
function verifying(
  id: string,
  name: string,
  why: string,
  forge: (honest: ProvedStatement) => readonly ProvedStatement[],
): Attack {
  return {
    id,
    property,
    name,
    async run() {
      const honest = await readRecordedProof()
      const verdicts = forge(honest).map(({ statement, proof }) => verdictOn(statement, proof))
      return succeededIf(verdicts.some((verdict) => verdict.kind === "valid" || verdict.why !== why))
    },
  }
}

function verdictOn(...claim: Parameters<typeof verifyProof>): Verdict {
  try {
    return verifyProof(...claim)
  } catch (error) {
    return { kind: "invalid", why: `the verifier failed: ${String(error)}` }
  }
}
