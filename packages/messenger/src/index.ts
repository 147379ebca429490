import type { Bytes, Milliseconds, Secret } from "@starling/kernel"
import type { AuthenticationService, CryptoProvider } from "@starling/mls"

import type { Store } from "./ports/store.ts"
import type { DirectProtocol, GossipVerdict, PeerLink } from "./ports/transport.ts"
import type { ShownMessage } from "./message/shown-message.ts"
import type { PeerState } from "./peer/state.ts"
import type { DeliveryCount, Env, MessageName, Outcome, RequestOutcome, Step } from "./peer/step.ts"
import type { ContactView, NearbyView, SafeName } from "./view/contact-view.ts"
import type { GroupDetailView, GroupSummaryView, InvitationView, TimelineView } from "./view/group-view.ts"

export type { PeerState } from "./peer/state.ts"
export type {
  DeliveryCount,
  Effect,
  Env,
  MessageName,
  Notification,
  Outcome,
  Refusal,
  RefusalCode,
  RequestOutcome,
  Step,
  TroubleCode,
} from "./peer/step.ts"
export type { ShownMessage } from "./message/shown-message.ts"
export type { ContactView, NearbyView, SafeName } from "./view/contact-view.ts"
export type {
  EpochReason,
  GroupDetailView,
  GroupPhase,
  GroupSummaryView,
  InvitationView,
  MemberView,
  TimelineView,
} from "./view/group-view.ts"

type Reader = Pick<Store, "get" | "list">

// life
export declare function authenticateDevice(crypto: CryptoProvider): AuthenticationService
export interface PeerOptions {
  /** Name a group's topic by its UUID alone, as the paper has it; neighbours can then follow the group. */
  readonly plainTopics?: boolean
}
export declare function openPeer(
  store: Pick<Store, "all">,
  env: Env,
  options?: PeerOptions,
): { readonly kind: "open"; readonly state: PeerState } | { readonly kind: "needs-identity" }
export declare function createIdentity(env: Env, options?: PeerOptions): Step
/** Ed25519 seed of the transport key, 32 bytes. */
export declare function transportSeed(state: PeerState): Secret

// inputs from outside
export declare function start(state: PeerState, env: Env): Step
export declare function connected(state: PeerState, link: PeerLink, env: Env): Step
export declare function disconnected(state: PeerState, peerId: string, env: Env): Step
export declare function judge(state: PeerState, topic: string, data: Uint8Array, env: Env): GossipVerdict
export declare function gossip(state: PeerState, topic: string, data: Uint8Array, from: string, env: Env): Step
export declare function requested(
  state: PeerState,
  protocol: DirectProtocol,
  payload: Uint8Array,
  from: string,
  reader: Reader,
  env: Env,
): Step & { readonly answer: Bytes }
export declare function answered(state: PeerState, token: string, outcome: RequestOutcome, env: Env): Step
/** A `publish` that carried `message` was written to `reached` neighbours. */
export declare function published(state: PeerState, message: MessageName, reached: number, env: Env): Step
export declare function wake(state: PeerState, env: Env): Step

// verbs; `peer` is an identity or a PeerId
export declare function setName(state: PeerState, name: string, env: Env): Outcome<{ readonly name: string }>
export declare function addContact(state: PeerState, link: string, env: Env): Outcome<ContactView>
export declare function addNearby(state: PeerState, peer: string, env: Env): Outcome<ContactView>
export declare function setVerified(state: PeerState, peer: string, verified: boolean, env: Env): Outcome<ContactView>
export declare function createGroup(state: PeerState, name: string, env: Env): Outcome<{ readonly group: string }>
/** "invited": the peer is connected and its KeyPackage asked for, or it is in the tree already; "waiting": as soon as it is there. */
export declare function invite(
  state: PeerState,
  group: string,
  peer: string,
  env: Env,
): Outcome<{ readonly state: "invited" | "waiting" }>
export declare function accept(state: PeerState, group: string, env: Env): Outcome<{ readonly group: string }>
export declare function decline(state: PeerState, group: string, env: Env): Outcome<{ readonly group: string }>
export declare function send(state: PeerState, group: string, text: string, env: Env): Outcome<{ readonly id: string }>
export declare function heal(state: PeerState, group: string, env: Env): Outcome<{ readonly epoch: number }>
export declare function remove(
  state: PeerState,
  group: string,
  peer: string,
  env: Env,
): Outcome<{ readonly epoch: number }>
export declare function leave(state: PeerState, group: string, env: Env): Outcome<{ readonly group: string }>
export declare function markRead(state: PeerState, group: string, env: Env): Outcome<{ readonly group: string }>

// queries
export declare function ownIdentity(state: PeerState): {
  readonly identity: string
  readonly peerId: string
  readonly name: string
}
export declare function contactLink(state: PeerState, addresses: readonly string[]): string
export declare function contacts(state: PeerState): readonly ContactView[]
export declare function nearby(state: PeerState): readonly NearbyView[]
/** What to call an identity: own name, contact, nearby peer, or as its group knows it; `undefined` for a stranger. */
export declare function nameOf(state: PeerState, identity: string): SafeName | undefined
export declare function groups(state: PeerState): readonly GroupSummaryView[]
export declare function groupDetail(state: PeerState, group: string, env: Env): GroupDetailView | undefined
export declare function timeline(state: PeerState, group: string): readonly TimelineView[] | undefined
export declare function invitations(state: PeerState): readonly InvitationView[]
/** 12 groups of 5 digits; `undefined` for a peer that is not known. */
export declare function safetyNumber(state: PeerState, peer: string, env: Env): string | undefined
export declare function deliveryOf(state: PeerState, group: string, id: string): DeliveryCount | undefined
/** Oldest first. `since` and `before` are message ids; an unknown one gives nothing. */
export declare function readHistory(
  reader: Reader,
  group: string,
  range: { readonly since?: string; readonly before?: string; readonly limit: number },
): readonly ShownMessage[]
export type { Milliseconds }
