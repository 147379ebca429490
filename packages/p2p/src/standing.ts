import { Budget } from "./budget.ts"
import type { Limits } from "./limits.ts"

/** What a peer can do that no honest peer does, or not so often. */
export type Fault = "rejected-gossip" | "oversized-gossip" | "gossip-flood" | "malformed-request" | "request-flood"

const POINTS: Record<Fault, number> = {
  "rejected-gossip": 5,
  "oversized-gossip": 5,
  "gossip-flood": 1,
  "malformed-request": 5,
  "request-flood": 1,
}

/**
 * Counts the faults of each peer and refuses, for a while, those who made too many. Counters of our own: gossip is not signed,
 * so that a neighbour answers for what it passes on, and a PeerId costs nothing, so that this only slows an attacker down.
 */
export class Standing {
  readonly #faults: Budget
  readonly #refusalTime: number
  readonly #refusedUntil = new Map<string, number>()

  constructor(limits: Limits) {
    this.#faults = new Budget(limits.faultBurst, limits.faultRate)
    this.#refusalTime = limits.refusalTime
  }

  /** Whether this fault is the one too many, from which on the peer is refused. */
  count(peerId: string, fault: Fault, now: number): boolean {
    if (this.refuses(peerId, now) || this.#faults.take(peerId, now, POINTS[fault])) return false
    this.#refusedUntil.set(peerId, now + this.#refusalTime)
    return true
  }

  refuses(peerId: string, now: number): boolean {
    return now < (this.#refusedUntil.get(peerId) ?? -Infinity)
  }

  prune(now: number): void {
    this.#faults.prune(now)
    for (const [peerId, until] of this.#refusedUntil) if (until <= now) this.#refusedUntil.delete(peerId)
  }
}
