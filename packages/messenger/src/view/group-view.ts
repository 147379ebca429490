import type { Milliseconds } from "@starling/kernel"

import type { Policy, Role } from "../record/operation.ts"

export type GroupPhase = "active" | "leaving" | "left" | "removed"

export interface GroupSummaryView {
  readonly group: string
  readonly name: string
  readonly state: GroupPhase
  readonly epoch: number
  readonly members: number
  readonly unread: number
  readonly lastMessage?: {
    readonly from: string
    readonly name: string
    readonly text: string
    readonly at: Milliseconds
  }
}

export interface MemberView {
  readonly identity: string
  readonly name: string
  /** PeerIds. */
  readonly devices: readonly string[]
  readonly self: boolean
  readonly verified: boolean
  /** Invited and not yet seen to have accepted. */
  readonly pending: boolean
  readonly role: Role
}

/**
 * Messages in a row that somebody wrote and that are not shown: `missing` where this device does not have them, or can't read
 * them any more; `too-many` where they are more than is taken of one device within a time: they come later.
 */
export interface GapView {
  readonly why: "missing" | "too-many"
  /** Identity of their author. */
  readonly from: string
  readonly name: string
  readonly count: number
  /** Id of the shown message that they would stand before; absent where they would stand last. */
  readonly before?: string
}

/** A peer that keeps ciphertext of the group and can read none of it. */
export interface GroupMailboxView {
  readonly peerId: string
  /** Multiaddrs. */
  readonly addresses: readonly string[]
  readonly connected: boolean
}

/**
 * When this device's keys are renewed next without being asked.
 * - `off`: never; `alone`: there is nobody else in the group.
 * - `overdue`: as soon as members are connected and the group is quiet.
 */
export type HealPlan =
  | { readonly kind: "off" | "alone" | "overdue" }
  | { readonly kind: "planned"; readonly at: Milliseconds }

export interface GroupDetailView {
  readonly group: string
  readonly name: string
  readonly state: GroupPhase
  readonly epoch: number
  /** Hexadecimal; empty where the keys are gone. */
  readonly epochAuthenticator: string
  readonly suite: string
  readonly members: readonly MemberView[]
  readonly policy: Policy
  /** What this person may do here. */
  readonly may: {
    readonly invite: boolean
    readonly giveRoles: boolean
    readonly chooseMailboxes: boolean
    /** Identities. */
    readonly remove: readonly string[]
  }
  /**
   * Room for this device's changes of the group (who is in it, its roles and keys), of which members keep so much of one device:
   * `scarce` when three quarters are used up, `full` when it can make no more of some kind. Messages need none.
   */
  readonly ownLog: "roomy" | "scarce" | "full"
  readonly gaps: readonly GapView[]
  readonly mailboxes: readonly GroupMailboxView[]
  /** Wanted as members, and in no tree yet: their KeyPackage has not been had. */
  readonly waiting: readonly { readonly identity: string; readonly name: string }[]
  readonly ownKeys: {
    /** Of the last commit by this device on the chosen history; absent where it has made none. */
    readonly renewedAt?: Milliseconds
    readonly plan: HealPlan
  }
}

export type EpochReason = "created" | "joined" | "added" | "removed" | "healed" | "left"

export interface TimelineView {
  readonly epoch: number
  readonly at: Milliseconds
  /** Identity of the committer. */
  readonly by: string
  readonly name: string
  readonly reason: EpochReason
  /** Identities. */
  readonly added: readonly string[]
  readonly removed: readonly string[]
  /** False for a concurrent update that was not chosen. */
  readonly chosen: boolean
  /** True where this device made the commit, and so the keys of its path. */
  readonly own: boolean
}

export interface InvitationView {
  readonly group: string
  readonly name: string
  /** Identity of the inviter. */
  readonly from: string
  readonly fromName: string
  /** False where the inviter is no contact of ours. */
  readonly known: boolean
  readonly at: Milliseconds
}
