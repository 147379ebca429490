import type { Env, Outcome, PeerState } from "@starling/messenger"
import type { Store } from "@starling/messenger/ports"
import type { Delivery, Draw, EntropyStatus, Status, TimelineEntry } from "./contract.ts"
import type { EventHub } from "./event-hub.ts"
import type { Sessions } from "./session.ts"

/** What the calls of the local API are answered from. */
export interface Backend {
  readonly reader: Pick<Store, "get" | "list">
  readonly sessions: Sessions
  readonly events: EventHub
  readonly entropy: EntropyDesk
  readonly epochEntropy: {
    /** What the keys of an epoch that this device committed were made of. */
    labelOf(group: string, epoch: number, at: number): TimelineEntry["entropy"]
  }
  state(): PeerState
  env(): Env
  /** Does what a person asked for. Throws `Fault` where the messenger refuses; what the disk or the pool throws passes through. */
  act<T>(verb: (state: PeerState, env: Env) => Outcome<T>): T
  status(): Status
  /** Own listening multiaddrs. */
  addresses(): readonly string[]
  /** A fresh one-time link to the UI; `undefined` where none is served. */
  uiLink(): string | undefined
  /** A fresh code for the person's phone; `undefined` where keys come by none. */
  pairPhone(): string | undefined
  /** Ends the daemon once the answer to this call is on its way. */
  shutdown(): void
}

export interface EntropyDesk {
  status(): EntropyStatus
  /** Asks the EaaS for a key and returns what the pool took of it. Throws `Fault`. */
  refill(bytes: number | undefined, signal: AbortSignal): Promise<number>
  draws(range: { readonly after: number; readonly limit: number; readonly newestFirst: boolean }): readonly Draw[]
  deliveries(): readonly Delivery[]
}
