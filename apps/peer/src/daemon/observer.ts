import type { Effect, Measure } from "@starling/messenger"

/**
 * Watches what a peer does, for measurements: each input is taken up, decided (with the operations of MLS on the way),
 * durable, together with what gossip brought at the same time, and then the effects are carried out. An input that is not decided
 * failed. Who watches is told no secret that goes into an operation.
 */
export interface Observer {
  readonly measure: Measure
  takesUp(input: ObservedInput): void
  decided(): void
  /** All that was decided since the last time. `isDeferred`: not on the disk yet, but with the next commit. */
  durable(isDeferred: boolean): void
  carriesOut(effect: Effect): void
}

/** `act`: a person asked for it. `other`: timers, answers, links and requests. */
export type ObservedInput =
  | { readonly kind: "act" | "other" }
  | { readonly kind: "gossip"; readonly topic: string; readonly data: Uint8Array }
