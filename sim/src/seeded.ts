import { concat, utf8, type Bytes } from "@starling/kernel"
import { nodeCrypto } from "@starling/mls/node"
import { authenticateDevice, suitesOf, type Env } from "@starling/messenger"
import type { CiphersuiteId, CryptoProvider, MlsContext } from "@starling/mls"

import { MemoryStore } from "./memory-store.ts"
import { sharingVerdicts } from "./shared-verdicts.ts"

export const crypto = sharingVerdicts(nodeCrypto(1))

/** The same numbers for the same seed (mulberry32). */
export class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0 up to, and without, 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit)
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)]
    if (item === undefined) throw new RangeError("nothing to pick from")
    return item
  }
}

/** An endless stream of bytes that follows from its name. */
export function seededDraw(name: string): (length: number) => Bytes {
  let block = 0
  let left: Bytes = new Uint8Array(0)
  return (length) => {
    while (left.length < length) left = concat(left, crypto.hash(utf8(`${name} ${block++}`)))
    const out = left.slice(0, length)
    left = left.slice(length)
    return out
  }
}

export function seededEnv(name: string, now = 1_800_000_000_000): Env {
  const draw = seededDraw(name)
  return envOf({ draw: (length) => draw(length) }, now, new MemoryStore())
}

/** Speaks these suites, and creates groups in the first. One is the quickest; what the messenger decides is alike in all. */
export function envOf(
  random: MlsContext["random"],
  now: number,
  rows: Env["rows"],
  spoken: readonly CiphersuiteId[] = [1],
): Env {
  const [first = mlsIn(1, random), ...others] = spoken.map((suite) => mlsIn(suite, random))
  return { now, mls: mlsIn(1, random), suites: suitesOf(first, ...others), rows }
}

const providers = new Map<CiphersuiteId, CryptoProvider>([[1, crypto]])

function mlsIn(suite: CiphersuiteId, random: MlsContext["random"]): MlsContext {
  const known = providers.get(suite) ?? sharingVerdicts(nodeCrypto(suite))
  providers.set(suite, known)
  return { crypto: known, random, authenticate: authenticateDevice(known) }
}
