import type { Bytes, Milliseconds } from "@starling/kernel"
import type { CiphersuiteId, MlsContext } from "@starling/mls"

import type { Store, Write } from "../ports/store.ts"
import type { MessengerProtocol } from "../ports/transport.ts"
import type { ShownMessage } from "../message/shown-message.ts"
import type { PeerState } from "./state.ts"
import type { Suites } from "./suites.ts"

/** What every verb takes from its surroundings. Every random byte comes from `mls.random`. */
export interface Env {
  readonly now: Milliseconds
  /** For all that belongs to no group; what it hashes and signs, every suite does alike. */
  readonly mls: MlsContext
  readonly suites: Suites
  /** What the last committed step left in the store. */
  readonly rows: Pick<Store, "get" | "list">
  /** Absent where nobody measures. */
  readonly measure?: Measure
}

/** Runs an operation of MLS, gives what it gives, and may look how long it takes. */
export type Measure = <T>(operation: MlsOperation, run: () => T) => T

/** `admission`: the commit that let somebody in, as those process it who were members before. */
export interface MlsOperation {
  readonly kind: "encrypt" | "decrypt"
  readonly of: "msg" | "upd" | "invitation" | "admission"
  readonly suite: CiphersuiteId
}

/**
 * What one input leads to. The runner commits `writes` in one transaction, then carries `effects` out in order, then
 * calls `wake` at `wakeAt` (one timer, replaced by each step; `undefined` cancels it). Where the step is `deferrable` its
 * writes may go with a later commit instead, in the order of the steps: what a crash then loses is learnt anew.
 */
export interface Step {
  readonly state: PeerState
  readonly writes: readonly Write[]
  readonly deferrable: boolean
  readonly effects: readonly Effect[]
  readonly wakeAt: Milliseconds | undefined
}

export type Effect =
  | { readonly kind: "subscribe"; readonly topic: string }
  | { readonly kind: "unsubscribe"; readonly topic: string }
  | {
      readonly kind: "publish"
      readonly topic: string
      readonly data: Bytes
      /** Set for a message of a person: the runner reports the number of neighbours through `published`. */
      readonly message?: MessageName
    }
  | {
      readonly kind: "request"
      /** Names the request in `answered`, which is called once for each, whatever came of it. */
      readonly token: string
      readonly peerId: string
      readonly protocol: MessengerProtocol
      readonly payload: Bytes
    }
  | { readonly kind: "dial"; readonly peerId: string; readonly addresses: readonly string[] }
  | { readonly kind: "notify"; readonly event: Notification }

export interface MessageName {
  readonly group: string
  readonly id: string
}

/** What a screen may have to show afresh. Nothing is lost with one: every query answers from state or history. */
export type Notification =
  | { readonly kind: "message"; readonly message: ShownMessage }
  | { readonly kind: "delivery"; readonly group: string; readonly id: string; readonly delivery: DeliveryCount }
  | { readonly kind: "group"; readonly group: string }
  | { readonly kind: "groups" }
  | { readonly kind: "invitations" }
  | { readonly kind: "contacts" }
  | { readonly kind: "nearby" }
  | { readonly kind: "trouble"; readonly code: TroubleCode; readonly text: string }

/** Trouble that nobody asked for; `text` is for people and says what to do. */
export type TroubleCode =
  | "clock-differs"
  | "key-package-refused"
  | "invitation-refused"
  | "logs-differ"
  | "records-dropped"
  | "commit-refused"
  | "left-behind"
  | "mailbox-full"
  | "newer-version"

export interface DeliveryCount {
  /** Neighbours that the message was written to. */
  readonly reached: number
  /** Other devices known to hold it. */
  readonly delivered: number
  /** Other devices that it is for. */
  readonly recipients: number
  /** Of these, devices that say that it was seen there; 0 while this device takes no part in receipts. */
  readonly read: number
  /** Mailboxes that keep it. */
  readonly mailboxes: number
  /** It goes out no more, and not everybody is known to have it: it may not have reached them. */
  readonly ended?: true
}

/** A verb that a person asked for and that can't be done; nothing changed. `message` says why and what to do. */
export interface Refusal {
  readonly kind: "refused"
  readonly code: RefusalCode
  readonly message: string
}

export type RefusalCode =
  | "bad-name"
  | "bad-period"
  | "bad-link"
  | "bad-message"
  | "newer-version"
  | "own-identity"
  | "unknown-peer"
  | "unknown-group"
  | "unknown-invitation"
  | "not-active"
  | "no-longer-member"
  | "already-member"
  | "not-a-member"
  | "not-allowed"
  | "invitation-invalid"
  | "clock-differs"
  | "catching-up"
  | "log-full"
  | "bad-setting"
  | "bad-mailbox"
  | "unknown-mailbox"

export type Outcome<T> = (Step & { readonly kind: "done"; readonly result: T }) | Refusal

/** What became of a `request` effect. */
export type RequestOutcome =
  | { readonly kind: "answer"; readonly payload: Uint8Array }
  | { readonly kind: "failed"; readonly why: string }
