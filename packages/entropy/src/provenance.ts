import type { Milliseconds } from "@starling/kernel"

/** One key of the EaaS that filled the pool. It names no user and nothing that links two deliveries. */
export interface Delivery {
  /** Random and local to this device: 16 lower-case hexadecimal digits. */
  readonly id: string
  /** The physical process, at most 96 bytes of UTF-8: "homodyne vacuum fluctuation". */
  readonly source: string
  readonly simulated: boolean
  readonly path: "loopback tap" | "nfc tap"
  /** At most 96 bytes of UTF-8. */
  readonly localProvider: string
  readonly epoch: number
  /** An upper bound: the Authentication Server can add leaves of its own. */
  readonly anonymitySet: number
  readonly proofMilliseconds: number
  /** What was delivered, which may be more than the pool had room for. */
  readonly bytes: number
  readonly receivedAt: Milliseconds
}

/** A stretch of the pool that is used up. Offsets count bytes from the pool's beginning of time. */
export interface EaasRange {
  readonly delivery: string
  readonly offset: number
  readonly length: number
  /** The reservation that the stretch belongs to; `journalOf` is asked by this number. */
  readonly block: number
}

/** Where the bytes of one draw came from: ranges, never the bytes themselves. */
export interface DrawRecord {
  /** Grows with every record, across restarts too, with gaps. */
  readonly sequence: number
  readonly at: Milliseconds
  readonly purpose: string
  /** What the caller got; 0 where the label is "burned". */
  readonly bytes: number
  readonly label: DrawLabel
  /** What the operating system gave. */
  readonly operatingSystem: number
  readonly eaas: readonly EaasRange[]
}

/**
 * `mixed`: as many EaaS bytes as were drawn, and the OS. `local only`: the OS alone. `pure`: EaaS bytes as they came.
 * `burned`: reserved, then lost with the process that held them; the purpose is "clean stop" where the pool was closed,
 * "restart" where the next opening found them missing.
 */
export type DrawLabel = "mixed" | "local only" | "pure" | "burned"
