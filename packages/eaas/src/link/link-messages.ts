import type { Bytes, Decoded } from "@starling/kernel"
import { decode, encode, type Reader, type Writer } from "@starling/wire"
import type { Range } from "./cascade-passes.ts"
import type { Triple } from "./link-model.ts"
import { INTENSITY_SHIFT, TEST_BASIS } from "./transmit.ts"

/**
 * What the ends tell each other, version 1. Each begins with `uint8 version = 1; uint8 kind`. The line is the pair's own
 * business and stores nothing: another version ends the round.
 */
const VERSION = 1
const KINDS = [
  "detections",
  "sifting",
  "estimate",
  "questions",
  "parities",
  "reconciled",
  "amplification",
  "agreed",
] as const
type Kind = (typeof KINDS)[number]

/** Clicks in one block that are taken; keeps what a stranger makes us hold within a few dozen megabytes. */
export const MAX_CLICKS = 2 ** 24

/** Which pulses clicked, and in which basis each was looked at. */
export interface Detections {
  readonly slots: Uint32Array<ArrayBuffer>
  /** `TEST_BASIS` or 0, one per click. */
  readonly bases: Uint8Array<ArrayBuffer>
}

export function encodeDetections({ slots, bases }: Detections): Bytes {
  return encode(
    (w) => {
      head(w, "detections").uint32(slots.length)
      let last = -1
      for (let i = 0; i < slots.length; i++) {
        // The basis is the lowest bit, the distance to the click before in the others, seven to a byte.
        let value = 2 * ((slots[i] ?? 0) - last - 1) + ((bases[i] ?? 0) === 0 ? 0 : 1)
        for (; value >= 128; value = Math.floor(value / 128)) w.uint8((value % 128) + 128)
        w.uint8(value)
        last = slots[i] ?? 0
      }
    },
    2 * slots.length + 16,
  )
}

export function decodeDetections(bytes: Uint8Array): Decoded<Detections> {
  return decode(bytes, (r) => {
    readHead(r, "detections")
    const count = r.uint32()
    if (count > MAX_CLICKS || count > r.left) r.fail("more clicks than there is room for")
    const slots = new Uint32Array(count)
    const bases = new Uint8Array(count)
    let last = -1
    for (let i = 0; i < count; i++) {
      const value = readNumber(r)
      last += 1 + Math.floor(value / 2)
      if (last >= 2 ** 32) r.fail("a click after the end of the block")
      slots[i] = last
      bases[i] = value % 2 === 0 ? 0 : TEST_BASIS
    }
    return { slots, bases }
  })
}

/** Of a click: different bases; the key basis, and the intensity; or the test basis, the intensity, and what was sent. */
export const DROPPED = 0xff

/** The source's answer: `DROPPED`, or what it noted of the pulse, without the bit where that is key. */
export function encodeSifting(sifting: Uint8Array): Bytes {
  return encode((w) => head(w, "sifting").opaque(sifting), sifting.length + 16)
}

export function decodeSifting(bytes: Uint8Array): Decoded<Uint8Array<ArrayBuffer>> {
  return decode(bytes, (r) => {
    readHead(r, "sifting")
    const sifting = r.opaque(MAX_CLICKS)
    if (sifting.some((value) => value !== DROPPED && value >> INTENSITY_SHIFT > 2)) r.fail("an unknown intensity")
    return sifting
  })
}

/** Errors in the test basis by intensity; and for Cascade, the error rate to begin with and the seed of its orders. */
export interface Estimate {
  readonly testErrors: Triple
  readonly partsPerMillion: number
  readonly order: Bytes
}

export const ORDER_SEED_BYTES = 32

export function encodeEstimate({ testErrors, partsPerMillion, order }: Estimate): Bytes {
  return encode((w) => {
    head(w, "estimate")
    for (const count of testErrors) w.uint32(count)
    w.uint32(partsPerMillion).fixed(order)
  })
}

export function decodeEstimate(bytes: Uint8Array): Decoded<Estimate> {
  return decode(bytes, (r) => {
    readHead(r, "estimate")
    const testErrors: Triple = [r.uint32(), r.uint32(), r.uint32()]
    return { testErrors, partsPerMillion: r.uint32(), order: r.fixed(ORDER_SEED_BYTES) }
  })
}

export function encodeQuestions(questions: readonly Range[]): Bytes {
  return encode(
    (w) => {
      head(w, "questions").uint32(questions.length)
      for (const { pass, start, length } of questions) w.uint8(pass).uint32(start).uint32(length)
    },
    9 * questions.length + 16,
  )
}

export function decodeQuestions(bytes: Uint8Array): Decoded<readonly Range[]> {
  return decode(bytes, (r) => {
    readHead(r, "questions")
    const count = r.uint32()
    if (9 * count !== r.left) r.fail("not as many questions as it says")
    return Array.from({ length: count }, () => ({ pass: r.uint8(), start: r.uint32(), length: r.uint32() }))
  })
}

/** One parity per byte. */
export function encodeParities(parities: Uint8Array): Bytes {
  return encode((w) => head(w, "parities").opaque(parities), parities.length + 16)
}

export function decodeParities(bytes: Uint8Array): Decoded<Uint8Array<ArrayBuffer>> {
  return decode(bytes, (r) => {
    readHead(r, "parities")
    const parities = r.opaque(MAX_CLICKS)
    return parities.some((parity) => parity > 1) ? r.fail("a parity that is neither even nor odd") : parities
  })
}

/** The corrected key's hash under a fresh public key, and how many errors there were. */
export interface Reconciled {
  readonly corrected: number
  readonly hashKey: Bytes
  readonly hash: Bytes
}

export const HASH_KEY_BYTES = 32
export const HASH_BYTES = 16

export function encodeReconciled({ corrected, hashKey, hash }: Reconciled): Bytes {
  return encode((w) => head(w, "reconciled").uint32(corrected).fixed(hashKey).fixed(hash))
}

export function decodeReconciled(bytes: Uint8Array): Decoded<Reconciled> {
  return decode(bytes, (r) => {
    readHead(r, "reconciled")
    return { corrected: r.uint32(), hashKey: r.fixed(HASH_KEY_BYTES), hash: r.fixed(HASH_BYTES) }
  })
}

/** How many bits are secret, and the seed of the matrix that makes them; empty where there are none. */
export interface Amplification {
  readonly bits: number
  readonly seed: Bytes
}

export function encodeAmplification({ bits, seed }: Amplification): Bytes {
  return encode((w) => head(w, "amplification").uint32(bits).opaque(seed), seed.length + 16)
}

export function decodeAmplification(bytes: Uint8Array): Decoded<Amplification> {
  return decode(bytes, (r) => {
    readHead(r, "amplification")
    return { bits: r.uint32(), seed: r.opaque(MAX_CLICKS) }
  })
}

/** The detector's end made the same key. */
export function encodeAgreed(): Bytes {
  return encode((w) => head(w, "agreed"))
}

export function decodeAgreed(bytes: Uint8Array): Decoded<undefined> {
  return decode(bytes, (r) => readHead(r, "agreed"))
}

function head(writer: Writer, kind: Kind): Writer {
  return writer.uint8(VERSION).uint8(KINDS.indexOf(kind))
}

function readHead(reader: Reader, kind: Kind): undefined {
  if (reader.uint8() !== VERSION) reader.fail("another version of the link")
  if (KINDS[reader.uint8()] !== kind) reader.fail(`not the ${kind} that come here`)
}

function readNumber(reader: Reader): number {
  let value = 0
  for (let scale = 1; scale < 2 ** 40; scale *= 128) {
    const byte = reader.uint8()
    value += (byte % 128) * scale
    if (byte < 128) return value
  }
  return reader.fail("a distance longer than any block")
}
