import type { Milliseconds } from "@starling/kernel"
import type { Reader, Writer } from "@starling/wire"

import { readTime } from "../identity/device-certificate.ts"
import type { PeerId } from "../identity/peer-id.ts"
import { MAX_CLOCK_DIFFERENCE, MAX_MAILBOX_WORDS } from "../limits.ts"
import { readLinkFields, writeLinkFields, type MailboxLink } from "./mailbox-link.ts"

/** A member's word that a group uses a mailbox, or uses it no more; of two words about one mailbox the later holds. */
export interface GroupMailbox extends MailboxLink {
  readonly at: Milliseconds
  readonly used: boolean
}

export type GroupMailboxes = ReadonlyMap<PeerId, GroupMailbox>

/** What two devices know together. Words from the future count for nothing, so that none stands for ever. */
export function joinMailboxes(known: GroupMailboxes, told: Iterable<GroupMailbox>, now: Milliseconds): GroupMailboxes {
  let joined = known
  for (const mailbox of told) {
    const before = joined.get(mailbox.peerId)
    if (mailbox.at > now + MAX_CLOCK_DIFFERENCE || (before !== undefined && !supersedes(mailbox, before))) continue
    if (before === undefined && joined.size >= MAX_MAILBOX_WORDS) continue
    joined = new Map(joined).set(mailbox.peerId, mailbox)
  }
  return joined
}

/** Of two words of one time, that which ends the use: the same on every device. */
function supersedes(mailbox: GroupMailbox, before: GroupMailbox): boolean {
  return mailbox.at > before.at || (mailbox.at === before.at && before.used && !mailbox.used)
}

export function writeGroupMailbox(writer: Writer, mailbox: GroupMailbox): void {
  writeLinkFields(writer, mailbox)
  writer.uint64(BigInt(mailbox.at)).uint8(mailbox.used ? 1 : 0)
}

export function readGroupMailbox(reader: Reader): GroupMailbox {
  const link = readLinkFields(reader)
  return { ...link, at: readTime(reader), used: reader.uint8() === 1 }
}
