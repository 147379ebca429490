import { eddsa, edwards } from "@noble/curves/abstract/edwards.js"
import { Field } from "@noble/curves/abstract/modular.js"
import { montgomery } from "@noble/curves/abstract/montgomery.js"
import { sha512 } from "@noble/hashes/sha2.js"
import { shake256 } from "@noble/hashes/sha3.js"
import { createHasher } from "@noble/hashes/utils.js"
import { concat, utf8 } from "@starling/kernel"

/*
 * The curves of RFC 7748 and RFC 8032 by @noble/curves, defined once more for the reason that `nist-curves.ts` gives:
 * the library's own instances draw random bytes from the platform.
 */

const P25519 = 2n ** 255n - 19n
const P448 = 2n ** 448n - 2n ** 224n - 1n
const N25519 = 2n ** 252n + 27742317777372353535851937790883648493n
const N448 = 2n ** 446n - 13818066809895115352007386748515426880336692474882178609894547503885n

/** RFC 8032, 5.1. */
const ED25519_POINT = edwards(
  {
    p: P25519,
    n: N25519,
    h: 8n,
    a: P25519 - 1n,
    d: 0x52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3n,
    Gx: 0x216936d3cd6e53fec0a4e231fdd6dc5c692cc7609525a7b2c9562d608f25d51an,
    Gy: 0x6666666666666666666666666666666666666666666666666666666666666658n,
  },
  { randomBytes: noRandomness },
)

/** RFC 8032, 5.2; numbers take 57 bytes there, one more than they need. */
const ED448_POINT = edwards(
  {
    p: P448,
    n: N448,
    h: 4n,
    a: 1n,
    d: P448 - 39081n,
    Gx: 0x4f1970c66bed0ded221d15a622bf36da9e146570470f1767ea6de324a3d3a46412ae1af72ab66511433b80e18b00938e2626a82bc70cc05en,
    Gy: 0x693f46716eb6bc248876203756c9c7624bea73736ca3984087789c1e05a0c2d73ad3ff1ce67c39c4fdbd132c4ed7c8ad9808795bf230fa14n,
  },
  {
    Fp: Field(P448, { BITS: 456, isLE: true }),
    Fn: Field(N448, { BITS: 456, isLE: true }),
    randomBytes: noRandomness,
  },
)

export const ed25519 = eddsa(ED25519_POINT, sha512, { adjustScalarBytes: clamp25519, randomBytes: noRandomness })

export const ed448 = eddsa(
  ED448_POINT,
  createHasher(() => shake256.create({ dkLen: 114 })),
  {
    adjustScalarBytes: clamp448,
    /** `dom4` of RFC 8032, 5.2. */
    domain: (data: Uint8Array, context: Uint8Array, prehashed: boolean) =>
      concat(utf8("SigEd448"), new Uint8Array([prehashed ? 1 : 0, context.length]), context, data),
    randomBytes: noRandomness,
  },
)

export const x25519 = montgomery({
  P: P25519,
  type: "x25519",
  adjustScalarBytes: clamp25519,
  powPminus2: (x) => ED25519_POINT.Fp.pow(x, P25519 - 2n),
  /** RFC 7748, 4.1: `u = (1 + y) / (1 - y)` of the same multiple of the base point of edwards25519. */
  scalarMultBase(k) {
    const { Fp, BASE } = ED25519_POINT
    const { Y, Z } = BASE.multiply(k % N25519)
    return Fp.mul(Fp.add(Z, Y), Fp.pow(Fp.sub(Z, Y), P25519 - 2n))
  },
})

export const x448 = montgomery({
  P: P448,
  type: "x448",
  adjustScalarBytes: clamp448,
  powPminus2: (x) => ED448_POINT.Fp.pow(x, P448 - 2n),
  /** RFC 7748, 4.2: `u = y^2 / x^2` of the same multiple of the base point of edwards448. */
  scalarMultBase(k) {
    const { Fp, BASE } = ED448_POINT
    const { X, Y } = BASE.multiply(k % N448)
    return Fp.mul(Fp.sqr(Y), Fp.pow(Fp.sqr(X), P448 - 2n))
  },
})

/** RFC 7748, 5 and RFC 8032, 5.1.5; in place, as the library has it. */
function clamp25519(bytes: Uint8Array): Uint8Array {
  bytes[0] = (bytes[0] ?? 0) & 0xf8
  bytes[31] = ((bytes[31] ?? 0) & 0x7f) | 0x40
  return bytes
}

/** RFC 7748, 5 and RFC 8032, 5.2.5, whose keys have one byte more; in place, as the library has it. */
function clamp448(bytes: Uint8Array): Uint8Array {
  bytes[0] = (bytes[0] ?? 0) & 0xfc
  bytes[55] = (bytes[55] ?? 0) | 0x80
  if (bytes.length === 57) bytes[56] = 0
  return bytes
}

function noRandomness(): never {
  throw new Error("no randomness is drawn here")
}
