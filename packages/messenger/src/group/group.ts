import type { Bytes, Milliseconds } from "@starling/kernel"

import type { DeviceKey } from "../identity/device-certificate.ts"
import type { IdentityId } from "../identity/identity-id.ts"
import type { MailboxWords } from "../mailbox/mailbox-words.ts"
import type { MessageId } from "../message/content.ts"
import type { GroupDelivery } from "../message/group-delivery.ts"
import type { MessageVector, SeqSet } from "../message/seq-set.ts"
import type { StateId } from "../record/operation.ts"
import type { LoggedRecord, RecordHash } from "../record/record.ts"
import type { RecordLogs } from "../record/record-log.ts"
import type { GroupPhase } from "../view/group-view.ts"
import type { Bearers } from "./bearers.ts"
import type { Forest } from "./forest-node.ts"
import type { Founding } from "./group-extensions.ts"
import type { Membership, Operations } from "./membership.ts"
import type { Testimony } from "./testimony.ts"

/** Everything durable that a device knows of a group; derived parts are rebuilt from the records when it starts. */
export interface Group {
  readonly uuid: string
  readonly id: Bytes
  readonly founding: Founding
  readonly phase: GroupPhase
  /** Declined before it was ever shown: kept until the others know. */
  readonly hidden: boolean
  /** Every record, in the order in which it came: each after what it continues and after what admitted its author. */
  readonly records: readonly LoggedRecord[]
  /** The same by device. */
  readonly logs: RecordLogs
  /** Whose each device's records are. */
  readonly bearers: Bearers
  readonly operations: Operations
  readonly membership: Membership
  readonly testimony: Testimony
  readonly mailboxWords: MailboxWords
  readonly forest: Forest
  readonly creation: StateId
  /** The state that the records choose, whether or not this device holds its secrets. */
  readonly chosen: StateId
  /** The state that this device sends in: `chosen`, or the best it can do until it is added there. */
  readonly live: StateId
  /** States that this device was created in or joined at. */
  readonly entries: readonly StateId[]
  /** Operations that the inviter knew of: they come by sync, and are depended on before. */
  readonly knownAtEntry: readonly RecordHash[]
  /** Own commit whose fresh keys a person asked for, or that such a commit is still to be made. */
  readonly healing: Healing | undefined
  /** The state that this device was in when it found that it had been restored from a backup: it sends nothing with the leaf of that state. */
  readonly restoredIn: StateId | undefined
  /** Messages that this device sent so far. */
  readonly sentCount: number
  readonly held: MessageVector
  /** Messages that an inviter said came before this device: never asked for, and read all the same where they come. */
  readonly past: MessageVector
  /** Which of this device's messages other devices are known to hold. */
  readonly acks: MessageVector
  readonly shown: ReadonlySet<MessageId>
  /** Own messages that may have to be sent again, oldest first; in rows of their own. */
  readonly sent: readonly SentMessage[]
  readonly shownCount: number
  readonly unread: number
  readonly last: LastMessage | undefined
  /** Devices that were heard of as members. */
  readonly seen: ReadonlySet<DeviceKey>
  /** In a row of its own. */
  readonly delivery: GroupDelivery
}

export type Healing =
  | { readonly kind: "wanted" }
  | { readonly kind: "done"; readonly sid: StateId; readonly at: Milliseconds }

export interface SentMessage {
  readonly id: MessageId
  readonly content: Bytes
  readonly at: Milliseconds
  /** Numbers under which it went out before this device was restored from a backup. */
  readonly former: SeqSet
  /** Each time that it was encrypted since: sequence number and state. */
  readonly copies: readonly { readonly seq: number; readonly sid: StateId }[]
  readonly reached: number
}

export interface LastMessage {
  readonly from: IdentityId
  readonly text: string
  readonly at: Milliseconds
}
