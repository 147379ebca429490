import { equalBytes, fromHex } from "@starling/kernel"

/**
 * Which byte strings are points, whatever library does the arithmetic. Libraries differ on points of small order and on
 * coordinates that are not reduced; members that judged a key or a signature differently would fall into two groups.
 * Everything here depends on public bytes alone.
 */
export const CurvePoints = {
  /** RFC 9180, 7.1.4: an u-coordinate whose shared secrets are not zero. RFC 7748, 5 ignores the highest bit. */
  isX25519: (u: Uint8Array): boolean => u.length === 32 && !isOneOf(X25519_SMALL_ORDER, u, 0x7f),

  /** RFC 9180, 7.1.4: an u-coordinate whose shared secrets are not zero. */
  isX448: (u: Uint8Array): boolean => u.length === 56 && !isOneOf(X448_SMALL_ORDER, u, 0xff),

  /** RFC 8032, 5.1.3: y is reduced; and the point is not of small order, on which a signature binds nothing. */
  isEd25519: (point: Uint8Array): boolean =>
    point.length === 32 && isReducedModulo25519(point) && !isOneOf(ED25519_SMALL_ORDER, point, 0x7f),

  /** RFC 8032, 5.2.3: the libraries themselves refuse what is not reduced; here goes what is of small order. */
  isEd448: (point: Uint8Array): boolean => point.length === 57 && !isOneOf(ED448_SMALL_ORDER, point, 0x7f),

  /** RFC 9180, 7.1.1 and RFC 9420, 5.1.1: uncompressed; that it lies on the curve is for the library to say. */
  isUncompressed: (point: Uint8Array, coordinateLength: number): boolean =>
    point.length === 1 + 2 * coordinateLength && point[0] === 4,
} as const

const ZERO = "00"
const ONE = "01"

/** 0, 1, -1, two of order 8, and what is 0 or 1 only after reduction modulo p = 2^255 - 19. */
const X25519_SMALL_ORDER = encodings(32, [
  ZERO,
  ONE,
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  `ec${"ff".repeat(30)}7f`,
  `ed${"ff".repeat(30)}7f`,
  `ee${"ff".repeat(30)}7f`,
])

/** 0, 1, -1, and what is 0 or 1 only after reduction modulo p = 2^448 - 2^224 - 1. */
const X448_SMALL_ORDER = encodings(56, [
  ZERO,
  ONE,
  `fe${"ff".repeat(27)}fe${"ff".repeat(27)}`,
  `ff${"ff".repeat(27)}fe${"ff".repeat(27)}`,
  `${"00".repeat(28)}${"ff".repeat(28)}`,
])

/** The y-coordinates of orders 1, 2, 4 and 8 (two); the sign of x is masked. */
const ED25519_SMALL_ORDER = encodings(32, [
  ONE,
  `ec${"ff".repeat(30)}7f`,
  ZERO,
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
])

/** The y-coordinates of orders 1, 2 and 4; the sign of x is masked. */
const ED448_SMALL_ORDER = encodings(57, [ONE, `fe${"ff".repeat(27)}fe${"ff".repeat(27)}00`, ZERO])

function encodings(length: number, hex: readonly string[]): readonly Uint8Array[] {
  return hex.map((each) => {
    const bytes = fromHex(each.padEnd(2 * length, "0"))
    if (bytes?.length !== length) throw new RangeError(`${each} is no encoding of ${length} bytes`)
    return bytes
  })
}

/** Whether `point`, of its last byte only the bits in `lastMask`, is in the list. */
function isOneOf(list: readonly Uint8Array[], point: Uint8Array, lastMask: number): boolean {
  const last = point.length - 1
  const [first, final = 0] = [point[0], point[last]]
  return list.some(
    (each) =>
      each[0] === first &&
      each[last] === (final & lastMask) &&
      equalBytes(each.subarray(0, last), point.subarray(0, last)),
  )
}

/** Whether the lower 255 bits, little-endian, are less than 2^255 - 19. */
function isReducedModulo25519(point: Uint8Array): boolean {
  if ((point[0] ?? 0) < 0xed || ((point[31] ?? 0) & 0x7f) !== 0x7f) return true
  return point.subarray(1, 31).some((byte) => byte !== 0xff)
}
