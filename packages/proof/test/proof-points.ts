import { bn254 } from "@noble/curves/bn254.js"
import { concat, type Bytes } from "@starling/kernel"

const G1 = bn254.G1.Point
const G2 = bn254.G2.Point
type G1Point = InstanceType<typeof G1>
export type G2Point = InstanceType<typeof G2>

/** A proof as points, for a forger to work on: nothing is checked here, in either direction. */
export interface Points {
  readonly a: G1Point
  readonly b: G2Point
  readonly c: G1Point
}

export function pointsOf(proof: Uint8Array): Points {
  const [ax, ay, bx1, bx0, by1, by0, cx, cy] = coordinatesOf(proof)
  return {
    a: G1.fromAffine({ x: ax!, y: ay! }),
    b: G2.fromAffine({ x: { c0: bx0!, c1: bx1! }, y: { c0: by0!, c1: by1! } }),
    c: G1.fromAffine({ x: cx!, y: cy! }),
  }
}

/** Writes infinity as zeros, as EIP-197 does. */
export function proofOf({ a, b, c }: Points): Bytes {
  const [pa, pb, pc] = [a.toAffine(), b.toAffine(), c.toAffine()]
  return fromCoordinates([pa.x, pa.y, pb.x.c1, pb.x.c0, pb.y.c1, pb.y.c0, pc.x, pc.y])
}

/** The eight coordinates in the order of the encoding: A.x, A.y, B.x (u, 1), B.y (u, 1), C.x, C.y. */
export function coordinatesOf(proof: Uint8Array): readonly bigint[] {
  return Array.from({ length: 8 }, (_, i) =>
    BigInt(`0x${Buffer.from(proof.subarray(32 * i, 32 * i + 32)).toString("hex")}`),
  )
}

export function fromCoordinates(coordinates: readonly bigint[]): Bytes {
  return concat(...coordinates.map((value) => Buffer.from(value.toString(16).padStart(64, "0"), "hex")))
}

/** A point of the twist that is in a subgroup of another order than r. */
export function outsideG2(): G2Point {
  const { Fp2 } = bn254.fields
  for (let c0 = 1n; ; c0++) {
    const x = Fp2.create({ c0, c1: 1n })
    const square = Fp2.add(Fp2.mul(Fp2.sqr(x), x), G2.CURVE().b)
    if (!Fp2.eql(Fp2.pow(square, (Fp2.ORDER - 1n) / 2n), Fp2.ONE)) continue
    const point = G2.fromAffine({ x, y: Fp2.sqrt(square) })
    if (!point.isTorsionFree()) return point
  }
}
