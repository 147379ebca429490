import type { LinkRound, SharedKeys } from "@starling/eaas/link"

/** What the worker is started with. */
export interface LinkWork {
  readonly shared: SharedKeys
  /** Share of the pulses that an eavesdropper measures. */
  readonly interception: number
}

/** To the worker: one more block, or the end of its work. */
export type LinkOrder = "round" | "stop"

/** From the worker: how a round went at both ends; or what is left to go on with. */
export type LinkReport =
  | { readonly kind: "round"; readonly source: LinkRound; readonly detector: LinkRound; readonly cpuSeconds: number }
  | { readonly kind: "stopped"; readonly shared: SharedKeys }
