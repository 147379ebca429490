import type { DirectProtocol } from "@starling/messenger/ports"

import type { Fault } from "./standing.ts"

/** What a node did or met, for a log and for tests; nothing depends on it. */
export type NodeReport =
  | { readonly kind: "found"; readonly peerId: string; readonly addresses: readonly string[] }
  | { readonly kind: "dial-failed"; readonly peerId: string; readonly error: unknown }
  | { readonly kind: "gossip-silent"; readonly peerId: string }
  | { readonly kind: "gone"; readonly peerId: string }
  | { readonly kind: "refused"; readonly peerId: string; readonly fault: Fault }
  | { readonly kind: "stranger"; readonly peerId: string }
  | {
      readonly kind: "request-failed"
      readonly peerId: string
      readonly protocol: DirectProtocol
      readonly error: unknown
    }
  | { readonly kind: "address-book-failed"; readonly peerId: string; readonly error: unknown }
