import { wipe, type Bytes } from "@starling/kernel"
import { MAC_KEY_BYTES } from "../one-time-mac.ts"

export type End = "source" | "detector"

/** Messages that each end vouches for in one round. */
const MESSAGES = { source: 2, detector: 4 } as const

/** What one round takes, and what a round that yields key puts back. */
export const ROUND_KEY_BYTES = (MESSAGES.source + MESSAGES.detector) * MAC_KEY_BYTES

/** The one-time keys of one round, for the messages of either end in their order. Whoever takes one wipes it. */
export type RoundKeys = Readonly<Record<End, Bytes[]>>

/**
 * The key by which the two ends know each other: shared beforehand, taken from in equal parts at both ends, a part for
 * each round whether it succeeds or not, and filled up from what the link yields. Nothing in it serves twice.
 */
export class AuthenticationKey implements Disposable {
  #bytes: Bytes
  #round = 0

  /** Takes a copy. */
  constructor(shared: Uint8Array) {
    this.#bytes = new Uint8Array(shared)
  }

  /** Rounds that can still be authenticated. */
  get rounds(): number {
    return Math.floor(this.#bytes.length / ROUND_KEY_BYTES)
  }

  /** The next round's number and keys, or `undefined` where the key is used up and has to be shared anew. */
  nextRound(): { readonly round: number; readonly keys: RoundKeys } | undefined {
    if (this.rounds === 0) return undefined
    const part = this.#take(ROUND_KEY_BYTES)
    const keyAt = (i: number): Bytes => part.slice(i * MAC_KEY_BYTES, (i + 1) * MAC_KEY_BYTES)
    const source = Array.from({ length: MESSAGES.source }, (_, i) => keyAt(i))
    const detector = Array.from({ length: MESSAGES.detector }, (_, i) => keyAt(MESSAGES.source + i))
    wipe(part)
    return { round: this.#round++, keys: { source, detector } }
  }

  /** Adds bytes that both ends have. */
  replenish(fresh: Uint8Array): void {
    const joined = new Uint8Array(this.#bytes.length + fresh.length)
    joined.set(this.#bytes)
    joined.set(fresh, this.#bytes.length)
    wipe(this.#bytes)
    this.#bytes = joined
  }

  /** A copy of what no round has taken yet. Rounds count from 0 again wherever it goes on. */
  remaining(): Bytes {
    return this.#bytes.slice()
  }

  [Symbol.dispose](): void {
    wipe(this.#bytes)
    this.#bytes = new Uint8Array()
  }

  #take(length: number): Bytes {
    const rest = this.#bytes.slice(length)
    const part = this.#bytes.slice(0, length)
    wipe(this.#bytes)
    this.#bytes = rest
    return part
  }
}
