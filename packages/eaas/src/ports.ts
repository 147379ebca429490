import type { Bytes, Milliseconds } from "@starling/kernel"
import type { Proof, Statement, Verdict } from "@starling/proof"
import type { Passage } from "./channel/passage.ts"

export interface Clock {
  now(): Milliseconds
}

/** Bytes of the operating system's generator; `purpose` is for the log of draws. */
export interface RandomPort {
  draw(length: number, purpose: string): Bytes
}

/** Checks proofs; where it runs (this thread, a pool of them) is the application's business. */
export interface Verifier {
  /** `busy` where there is no room to wait for a verdict, or where `signal` says that nobody waits for it any more. */
  verify(statement: Statement, proof: Proof, signal: AbortSignal): Promise<Verdict | { readonly kind: "busy" }>
}

/** What the AS and the Local Providers reach the PVS by. Throws `Unreachable`. */
export interface ValidationApi {
  /** `proposal` is an epoch proposal frame; the answer an epoch verdict frame. */
  countersign(proposal: Bytes, signal: AbortSignal): Promise<Bytes>
  /**
   * `forwarded` is a forwarded request frame; the answer a key response frame. `told` hears how the answer came, where it
   * came over the quantum channel.
   */
  request(forwarded: Bytes, signal: AbortSignal, told?: (passage: Passage) => void): Promise<Bytes>
}

/** The other side is down, out of reach, or answers with something that is no answer at all. */
export class Unreachable extends Error {
  override readonly name = "Unreachable"
}
