import type { Milliseconds } from "@starling/kernel"
import type { KeyPackage } from "@starling/mls"

import type { DeviceKey } from "../identity/device-certificate.ts"
import type { IdentityId } from "../identity/identity-id.ts"
import type { PeerId } from "../identity/peer-id.ts"
import type { MailboxWork } from "../mailbox/mailbox-work.ts"
import type { MessageId } from "../message/content.ts"
import type { MessageVector } from "../message/seq-set.ts"
import type { SealedMessage } from "../message/sealed-message.ts"
import type { StateId } from "../record/operation.ts"
import type { LoggedRecord } from "../record/record.ts"
import type { SyncCursor } from "../sync/sync-frames.ts"
import type { GossipSpent } from "./gossip-budget.ts"

/** What a running device has in hand for a group; a restart begins with nothing, and sync brings it back. */
export interface GroupWork {
  /** Records of unknown devices, or beyond a gap. */
  readonly pendingRecords: readonly LoggedRecord[]
  /** Of states that are not known, or not processed yet. */
  readonly pendingMessages: readonly SealedMessage[]
  /** COMMITs in the logs that have no node in the forest yet. */
  readonly unplaced: readonly LoggedRecord[]
  /** Those of them that are not in order by what is here: judged again when that changes. */
  readonly doubtful: readonly LoggedRecord[]
  /** Verified KeyPackages of people to be added. */
  readonly keyPackages: ReadonlyMap<IdentityId, KeyPackage>
  /** When to ask somebody for a KeyPackage again. */
  readonly askAt: ReadonlyMap<IdentityId, Milliseconds>
  /** When a member was last asked for somebody's Welcome, by PeerId, identity and state. */
  readonly carryAskedAt: ReadonlyMap<string, Milliseconds>
  /** Welcomes that their invitee acknowledged or refused, by identity and state. */
  readonly welcomesDone: ReadonlySet<string>
  /** The work that is left to do in this state, and since when. */
  readonly open: { readonly name: string; readonly since: Milliseconds } | undefined
  /** When `reconcile` wants to be called again. */
  readonly dueAt: Milliseconds | undefined
  /** When the calendar is to be looked at again. */
  readonly healAt: Milliseconds | undefined
  /** When the calendar wants keys renewed, as of the state and the period that `basis` names. */
  readonly healPlan: { readonly basis: string; readonly at: Milliseconds | undefined } | undefined
  /** Since when any member is connected. */
  readonly connectedSince: Milliseconds | undefined
  /** Since when the chosen state can't be entered, with members connected. */
  readonly displacedSince: Milliseconds | undefined
  /** When a member last had nothing more for this device. */
  readonly syncedAt: Milliseconds | undefined
  /** When this device asked to be added anew. */
  readonly rejoinedAt: Milliseconds | undefined
  /** Since when wanted members say that they are out, and nobody is asked there, by identity and the state that they were added in. */
  readonly strandedSince: ReadonlyMap<string, Milliseconds>
  /** The state in which a commit of this device was refused for what somebody else put there. */
  readonly blockedIn: StateId | undefined
  readonly syncAt: Milliseconds
  readonly syncCount: number
  /** Members with whom an exchange is to come sooner, and when. */
  readonly exchangeAt: ReadonlyMap<PeerId, Milliseconds>
  /** When to turn to those who have not acknowledged what was published, and how often that was done since. */
  readonly repairAt: Milliseconds | undefined
  readonly repairs: number
  /** When the next own messages go out again, where there were too many to do it at once. */
  readonly resendAt: Milliseconds | undefined
  /** Up to where a member says that each device has written, beyond what was received; and since when. */
  readonly claims: ReadonlyMap<DeviceKey, Claim>
  /** Messages that are not for this device, by the word of who holds them. */
  readonly notOurs: MessageVector
  /** Messages that came too late to be read, and are not asked for again. */
  readonly unreadable: MessageVector
  /** Messages that came and can't be opened for another reason: a member may have them in another way. */
  readonly unopened: MessageVector
  /** Devices that wrote more than was taken of them, and that there is not yet room for more of. */
  readonly heldBack: ReadonlySet<DeviceKey>
  /** When a gap will have lasted long enough to be shown. */
  readonly gapsDueAt: Milliseconds | undefined
  /** Up to where ciphertexts that are too old were looked at, oldest first; -1 to begin anew. */
  readonly prunedTo: number
  readonly mailboxes: ReadonlyMap<PeerId, MailboxWork>
  /** When each device wrote the newest of its notes that was found in a mailbox. */
  readonly notedAt: ReadonlyMap<DeviceKey, Milliseconds>
  /** Messages of each device that were shown last, in the order in which they came. */
  readonly recent: ReadonlyMap<DeviceKey, readonly MessageId[]>
  /** States whose GroupContext is known to have its row. */
  readonly contextsKept: ReadonlySet<StateId>
  /** How far each member has told of what it holds, where that takes several exchanges. */
  readonly passes: ReadonlyMap<PeerId, SyncPass>
  /** Members who are asked when an exchange that is under way has ended. */
  readonly toAsk: ReadonlySet<PeerId>
  /** When members were last asked because something was missing. */
  readonly gapAt: ReadonlyMap<PeerId, Milliseconds>
  readonly gossipSpent: GossipSpent
  /** Devices that are known to hold the record by which this one leaves. */
  readonly witnesses: ReadonlySet<DeviceKey>
}

export interface SyncPass {
  /** The part of the own vectors that is told. */
  readonly part: number
  /** Where the answer before ended; `undefined` to begin from the start. */
  readonly after: SyncCursor | undefined
}

export interface Claim {
  readonly to: number
  readonly at: Milliseconds
}

export const NO_WORK: GroupWork = {
  pendingRecords: [],
  pendingMessages: [],
  unplaced: [],
  doubtful: [],
  keyPackages: new Map(),
  askAt: new Map(),
  carryAskedAt: new Map(),
  welcomesDone: new Set(),
  open: undefined,
  dueAt: undefined,
  healAt: undefined,
  healPlan: undefined,
  connectedSince: undefined,
  displacedSince: undefined,
  syncedAt: undefined,
  rejoinedAt: undefined,
  strandedSince: new Map(),
  blockedIn: undefined,
  syncAt: 0,
  syncCount: 0,
  exchangeAt: new Map(),
  repairAt: undefined,
  repairs: 0,
  resendAt: undefined,
  claims: new Map(),
  notOurs: new Map(),
  unreadable: new Map(),
  unopened: new Map(),
  heldBack: new Set(),
  gapsDueAt: undefined,
  prunedTo: -1,
  mailboxes: new Map(),
  notedAt: new Map(),
  recent: new Map(),
  contextsKept: new Set(),
  passes: new Map(),
  toAsk: new Set(),
  gapAt: new Map(),
  gossipSpent: new Map(),
  witnesses: new Set(),
}
