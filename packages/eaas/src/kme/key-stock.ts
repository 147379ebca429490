import { wipe, type Bytes } from "@starling/kernel"

/** Where key comes from: made by the link, or put in by hand at both ends before the link had made any. */
export type KeyOrigin = "distilled" | "bootstrapped"

/** A stretch of key, by which the two ends of a link mean the same bits. */
export interface KeyPlace {
  readonly segment: number
  readonly offset: number
  readonly length: number
}

export interface StockedKey {
  readonly place: KeyPlace
  readonly bytes: Bytes
  readonly origin: KeyOrigin
}

interface Segment {
  readonly bytes: Bytes
  readonly origin: KeyOrigin
  front: number
  back: number
}

/**
 * The key that the two ends of a link have in common, in memory alone. One end takes from the front of each segment, the
 * other from the back, and each tells the other what it took, so that neither waits to know that nothing is taken twice.
 * What is taken, or passed over, is wiped.
 */
export class KeyStock implements Disposable {
  readonly #end: "front" | "back"
  readonly #segments = new Map<number, Segment>()
  #added = 0

  constructor(end: "front" | "back") {
    this.#end = end
  }

  /** Bytes that are left, of one origin or of any. */
  available(origin?: KeyOrigin): number {
    let bytes = 0
    for (const segment of this.#segments.values())
      if (origin === undefined || segment.origin === origin) bytes += segment.back - segment.front
    return bytes
  }

  /** Adds a segment; the other end adds the same one in the same place of its own order. Takes a copy. */
  add(bytes: Uint8Array, origin: KeyOrigin): void {
    this.#segments.set(this.#added++, { bytes: new Uint8Array(bytes), origin, front: 0, back: bytes.length })
  }

  /** Takes `length` bytes from this end; `undefined` where no segment has as many. */
  take(length: number, origin?: KeyOrigin): StockedKey | undefined {
    for (const [number, segment] of this.#segments) {
      const isWanted = origin === undefined || segment.origin === origin
      if (!isWanted || segment.back - segment.front < length) continue
      const offset = this.#end === "front" ? segment.front : segment.back - length
      return this.#cut({ segment: number, offset, length }, segment, this.#end)
    }
    return undefined
  }

  /** Takes what the other end took; `undefined` where that is gone here, which makes it useless there. */
  follow(place: KeyPlace): StockedKey | undefined {
    const segment = this.#segments.get(place.segment)
    if (segment === undefined || place.length <= 0) return undefined
    if (place.offset < segment.front || place.offset + place.length > segment.back) return undefined
    return this.#cut(place, segment, this.#end === "front" ? "back" : "front")
  }

  [Symbol.dispose](): void {
    for (const { bytes } of this.#segments.values()) wipe(bytes)
    this.#segments.clear()
  }

  #cut(place: KeyPlace, segment: Segment, from: "front" | "back"): StockedKey {
    const end = place.offset + place.length
    const bytes = segment.bytes.slice(place.offset, end)
    if (from === "front") {
      wipe(segment.bytes.subarray(segment.front, end))
      segment.front = end
    } else {
      wipe(segment.bytes.subarray(place.offset, segment.back))
      segment.back = place.offset
    }
    if (segment.front >= segment.back) this.#segments.delete(place.segment)
    return { place, bytes, origin: segment.origin }
  }
}
