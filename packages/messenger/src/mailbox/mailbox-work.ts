import type { Milliseconds } from "@starling/kernel"

import type { DeviceKey } from "../identity/device-certificate.ts"
import type { PeerId } from "../identity/peer-id.ts"
import type { MessageVector } from "../message/seq-set.ts"
import type { LoggedRecord } from "../record/record.ts"

/**
 * Where a device is with one mailbox of a group. idle → reading (the boxes of all eras, one after the other) → putting
 * (what is kept here and was not found there) → idle.
 */
export interface MailboxWork {
  readonly stage: "idle" | "reading" | "putting"
  /** When to go on; after a failure, when to try again. */
  readonly nextAt: Milliseconds
  /** Eras whose boxes were read to their ends in this round. */
  readonly done: ReadonlySet<string>
  /** Answers to fetch that were taken in this round. */
  readonly fetches: number
  /** By era: up to which number of which instance of the box was read. */
  readonly read: ReadonlyMap<string, ReadTo>
  /** By era: the number behind which there is something that there was no room for yet. */
  readonly heldFrom: ReadonlyMap<string, number>
  /** Messages that are in boxes, or that there is nothing of to put there. */
  readonly messages: MessageVector
  /** Records that are in the boxes, as `boxedName` names them. */
  readonly records: ReadonlySet<string>
  /** The group's records when all of them were last found to be there. */
  readonly settled: readonly LoggedRecord[] | undefined
  /** What the last note that was left there said. */
  readonly noted: NotedOf | undefined
}

export interface ReadTo {
  /** Hexadecimal. */
  readonly instance: string
  readonly number: number
}

/** Of a box that the mailbox does not have. */
export const NO_INSTANCE = "00".repeat(8)

export interface NotedOf {
  readonly era: string
  readonly held: MessageVector
  readonly seen: MessageVector
}

/** A request to a mailbox that was not answered yet. */
export interface MailboxExchange {
  readonly kind: "mailbox"
  readonly peerId: PeerId
  readonly group: string
  readonly era: string
  readonly at: Milliseconds
  /** `undefined` for a request to read. */
  readonly put: Put | undefined
}

export interface Put {
  readonly messages: readonly { readonly device: DeviceKey; readonly seq: number }[]
  /** As `boxedName` names them. */
  readonly records: readonly string[]
  readonly note: NotedOf | undefined
}

export const NO_MAILBOX_WORK: MailboxWork = {
  stage: "idle",
  nextAt: 0,
  done: new Set(),
  fetches: 0,
  read: new Map(),
  heldFrom: new Map(),
  messages: new Map(),
  records: new Set(),
  settled: undefined,
  noted: undefined,
}

/** A record in the box of an era. */
export function boxedName(era: string, hash: string): string {
  return `${era}:${hash}`
}
