import { bn254 } from "@noble/curves/bn254.js"
import { concat, malformed, ok, type Bytes, type Decoded } from "@starling/kernel"
import { bytesOf, integerOf } from "./field-element.ts"

/** A Groth16 proof: A (64 bytes), B (128), C (64), in the uncompressed form of EIP-197. */
export type Proof = Bytes

export const PROOF_BYTES = 256

const COORDINATE_BYTES = 32
const { Fp, Fp2 } = bn254.fields
const G1 = bn254.G1.Point
const G2 = bn254.G2.Point

export type G1Point = InstanceType<typeof G1>
export type G2Point = InstanceType<typeof G2>

/** Affine coordinates as other libraries give them; in Fp2, [c0, c1] stands for c0 + c1·u. */
export interface AffineG1 {
  readonly x: bigint
  readonly y: bigint
}

export interface AffineG2 {
  readonly x: readonly [bigint, bigint]
  readonly y: readonly [bigint, bigint]
}

export interface ProofPoints {
  readonly a: G1Point
  readonly b: G2Point
  readonly c: G1Point
}

/**
 * Three points, each in the subgroup of order r, and none of them at infinity, which a proof never needs. Every
 * coordinate is canonical, so that equal points have equal bytes.
 */
export function decodeProof(bytes: Uint8Array): Decoded<ProofPoints> {
  if (bytes.length !== PROOF_BYTES) return malformed("a proof has 256 bytes")
  const coordinates = Array.from({ length: PROOF_BYTES / COORDINATE_BYTES }, (_, i) =>
    integerOf(bytes.subarray(i * COORDINATE_BYTES, (i + 1) * COORDINATE_BYTES)),
  )
  if (!coordinates.every((coordinate) => coordinate < Fp.ORDER)) return malformed("a coordinate is not below p")
  const [ax = 0n, ay = 0n, bx1 = 0n, bx0 = 0n, by1 = 0n, by0 = 0n, cx = 0n, cy = 0n] = coordinates
  const a = readG1({ x: ax, y: ay })
  if (a.kind === "malformed") return a
  const b = readG2({ x: [bx0, bx1], y: [by0, by1] })
  if (b.kind === "malformed") return b
  const c = readG1({ x: cx, y: cy })
  if (c.kind === "malformed") return c
  return ok({ a: a.value, b: b.value, c: c.value })
}

/** Writes coordinates as they are, also those of no point. */
export function encodeProof(a: AffineG1, b: AffineG2, c: AffineG1): Proof {
  // EIP-197 puts the coefficient of u first.
  const coordinates = [a.x, a.y, b.x[1], b.x[0], b.y[1], b.y[0], c.x, c.y]
  return concat(...coordinates.map(bytesOf))
}

/** G1 is the whole curve y² = x³ + 3, so a point on it is in the subgroup. Coordinates are below p. */
export function readG1({ x, y }: AffineG1): Decoded<G1Point> {
  if (x === 0n && y === 0n) return malformed("a point at infinity")
  if (!Fp.eql(Fp.sqr(y), Fp.add(Fp.mul(Fp.sqr(x), x), G1.CURVE().b))) return malformed("a point off the curve")
  return ok(G1.fromAffine({ x, y }))
}

/** The twist y² = x³ + 3/(9 + u) has many more points than G2. Coordinates are below p. */
export function readG2(point: AffineG2): Decoded<G2Point> {
  const x = Fp2.create({ c0: point.x[0], c1: point.x[1] })
  const y = Fp2.create({ c0: point.y[0], c1: point.y[1] })
  if (Fp2.is0(x) && Fp2.is0(y)) return malformed("a point at infinity")
  if (!Fp2.eql(Fp2.sqr(y), Fp2.add(Fp2.mul(Fp2.sqr(x), x), G2.CURVE().b))) return malformed("a point off the curve")
  const result = G2.fromAffine({ x, y })
  return result.isTorsionFree() ? ok(result) : malformed("a point outside the subgroup")
}
