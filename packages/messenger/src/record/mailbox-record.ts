import { toHex, type Bytes, type Decoded } from "@starling/kernel"
import { decode, encode } from "@starling/wire"

import { readGroupMailbox, writeGroupMailbox, type GroupMailbox } from "../mailbox/group-mailbox.ts"
import { MAX_ADDRESSES_IN_RECORD, MAX_SUPERSEDED } from "../limits.ts"
import { bytesOf } from "./operation.ts"
import type { RecordHash } from "./record.ts"

/** Body of a record of kind MAILBOX: the group is to use a mailbox, or to use it no more. */
export interface MailboxRecord {
  readonly mailbox: GroupMailbox
  /** What was in force about this mailbox, by all that the author knew. */
  readonly supersedes: readonly RecordHash[]
}

/** With as much as a record may be long. */
export function encodeMailboxRecord({ mailbox, supersedes }: MailboxRecord): Bytes {
  return encode((writer) => {
    writeGroupMailbox(writer, { ...mailbox, addresses: mailbox.addresses.slice(0, MAX_ADDRESSES_IN_RECORD) })
    writer.vector(supersedes.slice(0, MAX_SUPERSEDED), (w, hash) => w.fixed(bytesOf(hash)))
  })
}

export function decodeMailboxRecord(body: Uint8Array): Decoded<MailboxRecord> {
  return decode(body, (reader) => ({
    mailbox: readGroupMailbox(reader),
    supersedes: reader.vector((r) => toHex(r.fixed(32)), MAX_SUPERSEDED),
  }))
}
