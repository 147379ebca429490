import { ed25519 } from "@noble/curves/ed25519.js"
import { ed448 } from "@noble/curves/ed448.js"
import { p256 } from "@noble/curves/nist.js"
import { sha512 } from "@noble/hashes/sha2.js"
import { shake256 } from "@noble/hashes/sha3.js"
import { concat, fromHex, utf8, type Bytes } from "@starling/kernel"
import { nobleCrypto } from "@starling/mls/noble"
import { nodeCrypto } from "@starling/mls/node"
import { describe, expect, test } from "vitest"

/** Where libraries judge one signature differently, a group of them would split; so each verdict stands here. */
interface Case {
  readonly name: string
  readonly publicKey: Uint8Array
  readonly signature: Uint8Array
  readonly valid: boolean
}

const CONTENT = utf8("content")
/** A secret scalar and the scalar of a nonce; nothing about them matters but that they are small. */
const [SECRET, NONCE] = [12_345_678_901_234_567n, 98_765_432_109_876_543n]

describe.for([
  { name: "Ed25519", suite: 1, cases: ed25519Cases() },
  { name: "Ed448", suite: 4, cases: ed448Cases() },
  { name: "ECDSA on P-256", suite: 2, cases: ecdsaCases() },
] as const)("$name", ({ suite, cases }) => {
  test.for(cases)("$name: valid is $valid, for every provider", ({ publicKey, signature, valid }) => {
    const providers = [nodeCrypto(suite), nodeCrypto(suite, { sodium: false }), nobleCrypto(suite)]
    for (const provider of providers) {
      expect([provider.primitives, provider.signature.verify(publicKey, CONTENT, signature)]).toEqual([
        provider.primitives,
        valid,
      ])
    }
  })
})

interface EdwardsSetting {
  readonly Point: typeof ed25519.Point
  readonly length: number
  readonly challenge: (...parts: readonly Uint8Array[]) => bigint
}

/** `S = r + k a`, with what is added to the points and to S. */
function edwardsSignature(
  { Point, length, challenge }: EdwardsSetting,
  given: {
    readonly a?: Uint8Array
    readonly r?: Uint8Array
    readonly secret?: bigint
    readonly nonce?: bigint
    readonly addToS?: bigint
  },
) {
  const { secret = SECRET, nonce = NONCE, addToS = 0n } = given
  const publicKey = given.a ?? Point.BASE.multiply(secret).toBytes()
  const r = given.r ?? Point.BASE.multiply(nonce).toBytes()
  const s = Point.Fn.create(nonce + challenge(r, publicKey, CONTENT) * secret) + addToS
  return { publicKey, signature: concat(r, littleEndian(s, length)) }
}

function ed25519Cases(): readonly Case[] {
  const { Point } = ed25519
  const order = Point.Fn.ORDER
  const setting = {
    Point,
    length: 32,
    challenge: (...parts: readonly Uint8Array[]) => Point.Fn.create(fromLittleEndian(sha512(concat(...parts)))),
  }
  const sign = (given: Parameters<typeof edwardsSignature>[1]) => edwardsSignature(setting, given)
  const torsion = Point.fromHex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
  const [a, r] = [Point.BASE.multiply(SECRET), Point.BASE.multiply(NONCE)]
  const mixed = a.add(torsion).toBytes()
  /** A nonce for which the challenge cancels the part of small order. */
  const nonce = firstNonce((candidate) => {
    const rBytes = Point.BASE.multiply(candidate).toBytes()
    return setting.challenge(rBytes, mixed, CONTENT) % 8n === 0n
  })
  const p = Point.Fp.ORDER
  return [
    { name: "an ordinary one", ...sign({}), valid: true },
    { name: "S not reduced", ...sign({ addToS: order }), valid: false },
    { name: "R with a part of small order", ...sign({ r: r.add(torsion).toBytes() }), valid: false },
    { name: "a key with a part of small order", ...sign({ a: mixed }), valid: false },
    { name: "that part cancelled by the challenge", ...sign({ a: mixed, nonce }), valid: true },
    { name: "R the neutral point", ...sign({ r: Point.ZERO.toBytes(), nonce: 0n }), valid: false },
    { name: "R of small order", ...sign({ r: torsion.toBytes(), nonce: 0n }), valid: false },
    { name: "R the neutral point, not reduced", ...sign({ r: littleEndian(p + 1n, 32), nonce: 0n }), valid: false },
    { name: "the neutral point as a key", ...sign({ a: Point.ZERO.toBytes(), secret: 0n }), valid: false },
    { name: "a key of order 2", ...sign({ a: littleEndian(p - 1n, 32), secret: 0n }), valid: false },
    { name: "a key of order 8", ...sign({ a: torsion.toBytes(), secret: 0n }), valid: false },
    { name: "a key not reduced", ...sign({ a: littleEndian(p + 3n, 32), secret: 0n }), valid: false },
    {
      name: "a key with the sign of zero",
      ...sign({ a: littleEndian(1n + (1n << 255n), 32), secret: 0n }),
      valid: false,
    },
  ]
}

function ed448Cases(): readonly Case[] {
  const { Point } = ed448
  const order = Point.Fn.ORDER
  const domain = concat(utf8("SigEd448"), new Uint8Array(2))
  const setting = {
    Point,
    length: 57,
    challenge: (...parts: readonly Uint8Array[]) =>
      Point.Fn.create(fromLittleEndian(shake256(concat(domain, ...parts), { dkLen: 114 }))),
  }
  const sign = (given: Parameters<typeof edwardsSignature>[1]) => edwardsSignature(setting, given)
  const torsion = Point.fromBytes(new Uint8Array(57))
  const [a, r] = [Point.BASE.multiply(SECRET), Point.BASE.multiply(NONCE)]
  const p = Point.Fp.ORDER
  return [
    { name: "an ordinary one", ...sign({}), valid: true },
    { name: "S not reduced", ...sign({ addToS: order }), valid: false },
    { name: "R with a part of small order", ...sign({ r: r.add(torsion).toBytes() }), valid: true },
    { name: "a key with a part of small order", ...sign({ a: a.add(torsion).toBytes() }), valid: true },
    { name: "R the neutral point", ...sign({ r: Point.ZERO.toBytes(), nonce: 0n }), valid: false },
    { name: "R of order 4", ...sign({ r: torsion.toBytes(), nonce: 0n }), valid: false },
    { name: "R of order 2", ...sign({ r: torsion.double().toBytes(), nonce: 0n }), valid: false },
    { name: "the neutral point as a key", ...sign({ a: Point.ZERO.toBytes(), secret: 0n }), valid: false },
    { name: "a key of order 4", ...sign({ a: torsion.negate().toBytes(), secret: 0n }), valid: false },
    { name: "a key of order 2", ...sign({ a: torsion.double().toBytes(), secret: 0n }), valid: false },
    { name: "a key not reduced", ...sign({ a: littleEndian(p + 1n, 57), secret: 0n }), valid: false },
    { name: "R not reduced", ...sign({ r: littleEndian(p + 1n, 57), nonce: 0n }), valid: false },
    { name: "a key with bits that mean nothing", ...withBit(sign({}), "publicKey", 56, 1), valid: false },
    { name: "S with bits that mean nothing", ...withBit(sign({}), "signature", 113, 0x80), valid: false },
  ]
}

function ecdsaCases(): readonly Case[] {
  const order = p256.Point.Fn.ORDER
  const privateKey = bigEndian(SECRET, 32)
  const publicKey = p256.getPublicKey(privateKey, false)
  const compact = p256.sign(CONTENT, privateKey, { lowS: true })
  const [r, s] = [fromBigEndian(compact.subarray(0, 32)), fromBigEndian(compact.subarray(32))]
  const [R, S] = [minimal(r), minimal(s)]
  const der = (...integers: readonly Uint8Array[]) => tagged(0x30, concat(...integers.map((each) => tagged(2, each))))
  const zero = new Uint8Array([0])
  const signed = { publicKey, signature: der(R, S) }
  return [
    { name: "an ordinary one", ...signed, valid: true },
    { name: "the other S", publicKey, signature: der(R, minimal(order - s)), valid: true },
    { name: "S not reduced", publicKey, signature: der(R, minimal(s + order)), valid: false },
    { name: "R zero", publicKey, signature: der(zero, S), valid: false },
    { name: "S zero", publicKey, signature: der(R, zero), valid: false },
    { name: "a zero too many", publicKey, signature: der(concat(zero, R), S), valid: false },
    { name: "an integer without bytes", publicKey, signature: der(R, new Uint8Array(0)), valid: false },
    { name: "a negative integer", publicKey, signature: der(R, minimal(order - s).slice(1)), valid: false },
    { name: "something after it", publicKey, signature: concat(signed.signature, zero), valid: false },
    { name: "something inside it", publicKey, signature: der(R, S, zero), valid: false },
    { name: "a longer form of its length", publicKey, signature: longForm(signed.signature), valid: false },
    { name: "r and s side by side", publicKey, signature: compact, valid: false },
    { name: "nothing", publicKey, signature: new Uint8Array(0), valid: false },
    { name: "a compressed key", ...signed, publicKey: p256.getPublicKey(privateKey, true), valid: false },
    { name: "a hybrid key", ...signed, publicKey: publicKey.with(0, 6 + ((publicKey[64] ?? 0) & 1)), valid: false },
    { name: "a key off the curve", ...signed, publicKey: publicKey.with(64, (publicKey[64] ?? 0) ^ 1), valid: false },
    { name: "the point at infinity as a key", ...signed, publicKey: zero, valid: false },
  ]
}

function firstNonce(fits: (nonce: bigint) => boolean): bigint {
  let nonce = NONCE
  while (!fits(nonce)) nonce++
  return nonce
}

function withBit(
  signed: { readonly publicKey: Uint8Array; readonly signature: Uint8Array },
  field: "publicKey" | "signature",
  at: number,
  bit: number,
) {
  const bytes = signed[field]
  return { ...signed, [field]: bytes.with(at, (bytes[at] ?? 0) | bit) }
}

function tagged(tag: number, body: Uint8Array): Bytes {
  return concat(new Uint8Array([tag, body.length]), body)
}

function longForm(der: Uint8Array): Bytes {
  return concat(new Uint8Array([0x30, 0x81]), der.subarray(1))
}

/** The two's complement of a positive integer in DER. */
function minimal(value: bigint): Bytes {
  const hex = value.toString(16)
  const even = hex.length % 2 === 0 ? hex : `0${hex}`
  const bytes = fromHex(even) ?? new Uint8Array(0)
  return (bytes[0] ?? 0) >= 0x80 ? concat(new Uint8Array(1), bytes) : bytes
}

function bigEndian(value: bigint, length: number): Bytes {
  return fromHex(value.toString(16).padStart(2 * length, "0")) ?? new Uint8Array(0)
}

function littleEndian(value: bigint, length: number): Bytes {
  return bigEndian(value, length).toReversed()
}

function fromBigEndian(bytes: Uint8Array): bigint {
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n)
}

function fromLittleEndian(bytes: Uint8Array): bigint {
  return fromBigEndian(bytes.toReversed())
}
