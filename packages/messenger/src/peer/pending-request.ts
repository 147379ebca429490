import type { Milliseconds } from "@starling/kernel"

import type { IdentityId } from "../identity/identity-id.ts"
import type { PeerId } from "../identity/peer-id.ts"
import type { MailboxExchange } from "../mailbox/mailbox-work.ts"

/** A request that was sent and not answered yet. */
export type PendingRequest =
  | { readonly kind: "hello"; readonly peerId: PeerId }
  | { readonly kind: "key-package"; readonly peerId: PeerId; readonly group: string; readonly identity: IdentityId }
  | { readonly kind: "key-package-stock"; readonly peerId: PeerId; readonly suite: number }
  | { readonly kind: "invitation"; readonly peerId: PeerId; readonly entry: string }
  | MailboxExchange
  | { readonly kind: "welcomes"; readonly peerId: PeerId; readonly group: string }
  | { readonly kind: "sync"; readonly peerId: PeerId; readonly group: string; readonly at: Milliseconds }
